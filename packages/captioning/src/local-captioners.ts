import type { Captioner } from "@loramill/contracts";
import { describeCaption } from "./describe-caption.ts";
import { simpleCaption } from "./simple-caption.ts";

const available = (message: string) => async () => ({ available: true, message });

/** Captions from pixel facts, EXIF/IPTC and names; needs no model, never fails. */
export const describeCaptioner: Captioner = {
  id: "describe/1",
  concurrency: 64,
  isAvailable: available("describes pictures from their colours, light, texts and names; needs no model"),
  caption: async ({ image, style }) => ({ text: describeCaption(image, style), charges: [] }),
};

/** Captions from the style's template alone. */
export const simpleCaptioner: Captioner = {
  id: "simple/1",
  concurrency: 64,
  isAvailable: available("fills the caption template; needs no model"),
  caption: async ({ image, style }) => ({ text: simpleCaption(image.path, style), charges: [] }),
};
