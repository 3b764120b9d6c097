import { z } from "zod";

/** What a picture looked like at some step: small, as the server encoded it. */
export interface PreviewImage {
  readonly bytes: Uint8Array;
  readonly mediaType: "image/jpeg" | "image/png";
}

export type PreviewFrame =
  /** `promptId` is null where the server did not announce metadata: then the frame is of whatever runs just now. */
  | { readonly kind: "preview"; readonly promptId: string | null; readonly image: PreviewImage }
  /** No preview at all. */
  | { readonly kind: "other" }
  | { readonly kind: "malformed"; readonly reason: string };

/** Event numbers of ComfyUI's binary frames; 3 is text, for nodes of their own. */
const PREVIEW_IMAGE = 1;
const PREVIEW_IMAGE_WITH_METADATA = 4;
/** A preview of 512 pixels has about 50 kB; one that a server was told to make as large as its pictures has this much. */
export const MAX_PREVIEW_BYTES = 2 * 1024 * 1024;
const MAX_METADATA_BYTES = 16_384;

const Metadata = z.looseObject({ prompt_id: z.string() });

/** Reads a binary frame of ComfyUI's socket: a number that says what it is, then what it is. */
export function readPreviewFrame(frame: Uint8Array): PreviewFrame {
  if (frame.length < 4) return malformed(`a frame of ${frame.length} bytes`);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const event = view.getUint32(0);
  if (event !== PREVIEW_IMAGE && event !== PREVIEW_IMAGE_WITH_METADATA) return { kind: "other" };
  if (frame.length < 8) return malformed("a preview that ends in its head");
  const second = view.getUint32(4);
  // The picture's own first bytes tell its format: the second number says no more than they do.
  if (event === PREVIEW_IMAGE) return preview(null, frame.subarray(8));
  if (second > MAX_METADATA_BYTES || 8 + second > frame.length) {
    return malformed(`a preview whose metadata would have ${second} bytes`);
  }
  const metadata = Metadata.safeParse(parse(frame.subarray(8, 8 + second))).data;
  if (metadata === undefined) return malformed("a preview that does not say of which prompt it is");
  return preview(metadata.prompt_id, frame.subarray(8 + second));
}

function preview(promptId: string | null, bytes: Uint8Array): PreviewFrame {
  const mediaType = mediaTypeOf(bytes);
  if (mediaType === null) return malformed("a preview that is neither JPEG nor PNG");
  if (bytes.length > MAX_PREVIEW_BYTES) return malformed(`a preview of ${bytes.length} bytes`);
  // A copy: the rest of the frame need not be kept for as long as the picture is.
  return { kind: "preview", promptId, image: { bytes: bytes.slice(), mediaType } };
}

const malformed = (reason: string): PreviewFrame => ({ kind: "malformed", reason });

const BEGINNINGS = [
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
] as const;

function mediaTypeOf(bytes: Uint8Array): PreviewImage["mediaType"] | null {
  const found = BEGINNINGS.find(([, beginning]) => beginning.every((byte, at) => bytes[at] === byte));
  return found?.[0] ?? null;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
