import { type Captioner, UserError } from "@loramill/contracts";
import { describeCaption } from "./describe-caption.ts";
import { metadataCaption } from "./metadata-caption.ts";
import { simpleCaption } from "./simple-caption.ts";

const available = (message: string) => async () => ({ available: true, message });

/** Captions from pixel facts, EXIF/IPTC and names; needs no model, never fails. */
export const describeCaptioner: Captioner = {
  id: "describe/1",
  concurrency: 64,
  beside: ({ image, style }) => ({ text: describeCaption(image, style) }),
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

/** Captions from the texts inside the file; a picture without any is refused, so that the next captioner is asked. */
export const metadataCaptioner: Captioner = {
  id: "metadata/1",
  concurrency: 64,
  isAvailable: available("takes the texts inside the files (EXIF, IPTC, XMP, prompts); needs no model"),
  caption: async ({ image }) => {
    const text = metadataCaption(image.content);
    if (text !== "") return { text, charges: [] };
    throw new UserError(
      "the file holds no title, description, keywords or prompt: name another captioner after metadata in caption.providers",
      { code: "no-metadata" },
    );
  },
};

/** Captions that came with the pictures, and no others. */
export const sidecarCaptioner: Captioner = {
  id: "sidecar/1",
  concurrency: 64,
  isAvailable: available("takes the captions that came with the pictures; needs no model"),
  caption: async ({ image }) => {
    const text = image.caption?.text.trim() ?? "";
    if (text !== "") return { text, charges: [] };
    throw new UserError(
      "no caption came with the picture: write one beside it, or name another captioner after sidecar in caption.providers",
      { code: "no-sidecar" },
    );
  },
};
