import {
  type Digest,
  digestOf,
  type PocketTrainingImage,
  type RgbImage,
  type Stores,
  type TrainingRequest,
} from "@loramill/contracts";

/** Trainings whose decoded pictures stay in memory, 12 KB each at 64 px. */
const HELD_REQUESTS = 3;

export interface ImageSource {
  readonly stores: Stores;
  readonly prepareImage: (bytes: Uint8Array, side: number) => Promise<RgbImage>;
}

export interface ImageCache {
  load(request: TrainingRequest, signal: AbortSignal): Promise<readonly PocketTrainingImage[]>;
  clear(): void;
}

/** Decoded pictures of the last requests: a training has many turns, and most of them run in the same process. */
export function createImageCache({ stores, prepareImage }: ImageSource): ImageCache {
  const held = new Map<Digest, readonly PocketTrainingImage[]>();
  return {
    async load({ images, recipe }, signal) {
      const pictures = images.map(({ image, caption }) => [image.sha256, caption]);
      const key = digestOf({ side: recipe.resolution, pictures });
      const found = held.get(key);
      if (found !== undefined) return found;
      const decoded: PocketTrainingImage[] = [];
      for (const { image, caption } of images) {
        signal.throwIfAborted();
        const bytes = await stores.blobs.read(image, { signal });
        decoded.push({ ...(await prepareImage(bytes, recipe.resolution)), caption });
      }
      held.set(key, decoded);
      if (held.size > HELD_REQUESTS) held.delete(held.keys().next().value ?? "");
      return decoded;
    },
    clear: () => held.clear(),
  };
}
