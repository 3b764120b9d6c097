import { createOpenAiCaptioner, type OpenAiCaptionerOptions } from "@loramill/backends";
import { describeCaptioner, simpleCaptioner } from "@loramill/captioning";
import type { Captioner, Clock } from "@loramill/contracts";
import { encodeImage, readRgb } from "@loramill/imaging";

/** One megapixel: what vision models look at, at most. */
const SIDE_PIXELS = 1024;

export interface OpenedCaptioners {
  /** In the order in which `auto` tries them; `simple` last, because it says the least. */
  readonly all: readonly { readonly provider: "openai" | "describe" | "simple"; readonly captioner: Captioner }[];
  close(): Promise<void>;
}

/** The captioners of this installation: the configured vision endpoint, and those that need nothing. */
export function openCaptioners(
  options: { readonly openai: OpenAiCaptionerOptions | null },
  clock: Clock,
): OpenedCaptioners {
  const openai = options.openai === null ? null : createOpenAiCaptioner(options.openai, { clock, shrink });
  return {
    all: [
      ...(openai === null ? [] : [{ provider: "openai" as const, captioner: openai }]),
      { provider: "describe", captioner: describeCaptioner },
      { provider: "simple", captioner: simpleCaptioner },
    ],
    close: async () => openai?.close(),
  };
}

/** Larger pictures are sent as JPEG of at most one megapixel; small ones as they are. */
async function shrink(picture: { readonly bytes: Uint8Array; readonly mediaType: string }) {
  const isSendable = /^image\/(png|jpeg|webp)$/.test(picture.mediaType);
  if (isSendable && picture.bytes.length < 512 * 1024) return picture;
  const image = await readRgb(picture.bytes, { size: { width: SIDE_PIXELS, height: SIDE_PIXELS, fit: "inside" } });
  return { bytes: await encodeImage(image, "jpeg"), mediaType: "image/jpeg" };
}
