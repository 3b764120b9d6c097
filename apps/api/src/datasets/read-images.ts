import type { DatasetManifest, Digest, PreparedImage, Stores } from "@loramill/contracts";

/** The pictures of a version, part by part. */
export async function* readImages(
  stores: Pick<Stores, "documents">,
  manifest: DatasetManifest,
  signal?: AbortSignal,
): AsyncGenerator<PreparedImage> {
  for (const part of manifest.parts) {
    signal?.throwIfAborted();
    yield* (await stores.documents.get("dataset-part", part)).images;
  }
}

/** What a caption step wrote, asked for by picture. */
export interface WrittenCaptions {
  of(image: Pick<PreparedImage, "path" | "original">): string | undefined;
}

export async function readCaptions(stores: Pick<Stores, "documents">, output: Digest): Promise<WrittenCaptions> {
  const found = new Map<string, string>();
  const keyOf = (image: Digest, path: string) => `${image} ${path}`;
  for (const part of (await stores.documents.get("parts", output)).parts) {
    const { captions } = await stores.documents.get("captions", part);
    for (const { image, path, text } of captions) found.set(keyOf(image, path), text);
  }
  return { of: ({ path, original }) => found.get(keyOf(original.sha256, path)) };
}
