import {
  type DatasetManifest,
  type Digest,
  ITEMS_PER_PART,
  type PreparedImage,
  type Stores,
} from "@loramill/contracts";
import { createContentDigest, createStatistics } from "@loramill/datasets";

/** Writes a version of these pictures; only documents are written, no picture is copied. */
export async function writeVersion(
  { documents }: Pick<Stores, "documents">,
  images: readonly PreparedImage[],
  { name, parent }: { readonly name: string; readonly parent?: Digest },
): Promise<{ readonly digest: Digest; readonly manifest: DatasetManifest }> {
  const statistics = createStatistics();
  const content = createContentDigest();
  for (const image of images) {
    statistics.add(image);
    content.add(image);
  }
  const parts: Digest[] = [];
  for (let from = 0; from < images.length; from += ITEMS_PER_PART) {
    parts.push(await documents.put("dataset-part", { images: images.slice(from, from + ITEMS_PER_PART) }));
  }
  const manifest: DatasetManifest = {
    format: "loramill-dataset/1",
    name,
    parts,
    statistics: statistics.finish([], []),
    // Judged when a run is to train on it.
    gates: [],
    dropped: [],
    refused: [],
    content: content.finish(),
    ...(parent === undefined ? {} : { parent }),
  };
  return { digest: await documents.put("dataset", manifest), manifest };
}
