import type { Digest, PreparedImage, Stores } from "@loramill/contracts";

const SIDE = 16;

/** A dataset of small pictures in the store, one for each caption; its digest. */
export async function putDataset(stores: Stores, captions: readonly string[]): Promise<Digest> {
  const images: PreparedImage[] = [];
  for (const [at, text] of captions.entries()) {
    const blob = await stores.blobs.put(Buffer.from(`picture ${at}`), { mediaType: "image/png" });
    images.push({
      path: `${at}.png`,
      original: blob,
      width: SIDE,
      height: SIDE,
      format: "png",
      hashes: { pixels: blob.sha256, phash: "0".repeat(16), phashMirrored: "0".repeat(16), dhash: "0".repeat(16) },
      quality: {
        ...{ sharpness: 1, brightness: 128, contrast: 100, clippedShadows: 0, clippedHighlights: 0 },
        ...{ colourfulness: 30, entropyBits: 7 },
      },
      content: { palette: [], background: null, keywords: [] },
      prepared: {
        ...{ blob, width: SIDE, height: SIDE, upscaled: false },
        crop: { left: 0, top: 0, width: SIDE, height: SIDE },
      },
      caption: { text, origin: `${at}.txt` },
    });
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
