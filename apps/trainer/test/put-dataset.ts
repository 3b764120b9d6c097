import type { Digest, PreparedImage, Stores } from "@loramill/contracts";
import { preparedPicture } from "@loramill/testkit";

/** A dataset of small pictures in the store, one for each caption; its digest. */
export async function putDataset(stores: Stores, captions: readonly string[]): Promise<Digest> {
  const images: PreparedImage[] = [];
  for (const [at, text] of captions.entries()) {
    const blob = await stores.blobs.put(Buffer.from(`picture ${at}`), { mediaType: "image/png" });
    images.push(preparedPicture(`${at}.png`, { caption: { text, origin: `${at}.txt` } }, blob));
  }
  return stores.documents.put("dataset", {
    format: "loramill-dataset/1",
    name: "things",
    parts: [await stores.documents.put("dataset-part", { images })],
    statistics: {
      ...{ found: images.length, kept: images.length, refused: 0, dropped: {}, sizes: {}, formats: {} },
      ...{ captions: { existing: images.length, coverage: 1 }, originalBytes: 0, preparedBytes: 0 },
    },
    gates: [],
    dropped: [],
    refused: [],
  });
}
