import type { Digest, Stores } from "@loramill/contracts";
import { preparedPicture } from "@loramill/testkit";

/** A part of a dataset with so many different pictures. */
export async function writeTrialPart(stores: Stores, count: number, name: string): Promise<Digest> {
  const images = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const path = `${name}-${index}.png`;
      const blob = await stores.blobs.put(new TextEncoder().encode(path), { mediaType: "image/png" });
      const crop = { left: 0, top: 0, width: 64, height: 64 };
      return preparedPicture(path, {
        original: blob,
        prepared: { blob, width: 64, height: 64, crop, upscaled: false },
      });
    }),
  );
  return stores.documents.put("dataset-part", { images });
}
