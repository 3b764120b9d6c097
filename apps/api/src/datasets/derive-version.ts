import type { EditedCaption } from "@loramill/catalog";
import type { DatasetManifest, DeriveRequest, Digest, PreparedImage, Stores } from "@loramill/contracts";
import { deriveImages } from "@loramill/datasets";
import { readCaptions, readImages } from "./read-images.ts";
import { writeVersion } from "./write-version.ts";

/** A change whose versions to add are named by digest. */
export interface PinnedChange extends Omit<DeriveRequest, "add"> {
  readonly add: readonly Digest[];
}

/**
 * Writes the new version and answers its digest and manifest, and the captions that are different because the change says
 * so; only documents are written, no picture is copied.
 */
export async function deriveVersion(
  stores: Stores,
  parent: Digest,
  change: PinnedChange,
): Promise<{ readonly digest: Digest; readonly manifest: DatasetManifest; readonly edits: readonly EditedCaption[] }> {
  const { documents } = stores;
  const old = await documents.get("dataset", parent);
  const added: PreparedImage[] = [];
  for (const digest of change.add) {
    added.push(...(await Array.fromAsync(readImages(stores, await documents.get("dataset", digest)))));
  }
  const before = await Array.fromAsync(readImages(stores, old));
  const written = change.captionsOf === undefined ? {} : await captionsByPath(stores, change.captionsOf, before);
  const images = deriveImages(before, { ...change, captions: { ...written, ...change.captions } }, added);
  const version = await writeVersion(stores, images, { name: change.name ?? old.name, parent });
  const edits = editsOf(before, images, { named: change.captions, written });
  return { ...version, edits };
}

/** Captions that were named, as far as they differ from what was there or what a captioner wrote; "" for one taken away. */
function editsOf(
  before: readonly PreparedImage[],
  after: readonly PreparedImage[],
  captions: {
    readonly named: Readonly<Record<string, string | null>>;
    readonly written: Readonly<Record<string, string>>;
  },
): EditedCaption[] {
  const old = new Map(before.map(({ path, caption }) => [path, captions.written[path] ?? caption?.text ?? ""]));
  return after.flatMap(({ path, original, caption }) => {
    const text = caption?.text ?? "";
    if (!Object.hasOwn(captions.named, path) || text === old.get(path)) return [];
    return [{ image: original.sha256, path, text }];
  });
}

/** Those captions of a step that belong to pictures of the version. */
async function captionsByPath(
  stores: Stores,
  output: Digest,
  images: readonly PreparedImage[],
): Promise<Record<string, string>> {
  const captions = await readCaptions(stores, output);
  return Object.fromEntries(
    images.flatMap((image) => {
      const text = captions.of(image);
      return text === undefined ? [] : [[image.path, text]];
    }),
  );
}
