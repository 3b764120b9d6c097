import { type Digest, digestOf, type PreparedImage } from "@loramill/contracts";

/** What of an image a training sees. */
export type TrainedImage = Pick<PreparedImage, "prepared" | "caption" | "repeats">;

/**
 * The identity of what a training would see: prepared bytes, captions and repeats, whatever the files are called and in
 * whatever order they lie. A dataset that is exported and imported again, in any layout, has it still.
 */
export function createContentDigest(): { add(image: TrainedImage): void; finish(): Digest } {
  const lines: string[] = [];
  return {
    add: ({ prepared, caption, repeats }) => {
      lines.push(digestOf({ image: prepared.blob.sha256, caption: caption?.text ?? null, repeats: repeats ?? 1 }));
    },
    finish: () => digestOf({ format: "loramill-content/1", images: [...lines].sort() }),
  };
}
