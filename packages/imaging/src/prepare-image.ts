import { type ContentFacts, digestOf, type ImageHashes, type QualityFacts, sha256Hex } from "@loramill/contracts";
import { findAttention } from "./attention.ts";
import { type CropPlan, type CropSettings, planCrop, windowIn } from "./crop.ts";
import { decode } from "./decode.ts";
import { readEmbeddedText } from "./embedded-text.ts";
import { encodeWindow } from "./encode.ts";
import { type ImageFormat, mediaTypes } from "./format.ts";
import { dhash, layoutHash, phash } from "./hashes.ts";
import { defaultLimits, type ReadLimits } from "./limits.ts";
import { LOOK_SIDE, type Look, lookAt } from "./look.ts";
import { findColours } from "./palette.ts";
import { measureQuality } from "./quality.ts";
import { type Plane, planeToGrey, release, type Size, type Window } from "./raster.ts";
import { type Conversion, type ImageHeader, readHeader } from "./read-header.ts";

export interface PreparedPicture {
  readonly format: ImageFormat;
  /** Of the upright original, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly converted: readonly Conversion[];
  readonly hashes: ImageHashes;
  readonly quality: QualityFacts;
  readonly content: ContentFacts;
  readonly prepared: {
    readonly bytes: Uint8Array;
    readonly mediaType: string;
    readonly width: number;
    readonly height: number;
    /** Window of the upright original, in its pixels. */
    readonly crop: Window;
    readonly upscaled: boolean;
  };
}

/**
 * All that the mill wants of a picture from one decode: the whole picture is decoded to the size from which the crop can
 * be cut (at least the look of 384 pixels, never enlarged) and the crop is encoded; hashes come from a look at the whole,
 * quality and colours from the crop of that look. `hashes.pixels` is the digest of the look and of the original's size;
 * together with an equal prepared picture it means equal pixels. Throws what `readHeader` and `decode` throw, and
 * `too-narrow`.
 */
export async function prepareImage(
  bytes: Uint8Array,
  settings: CropSettings,
  limits: ReadLimits = defaultLimits,
): Promise<PreparedPicture> {
  const header = await readHeader(bytes, limits);
  const plan = planCrop(header, settings);
  const work = await decode(bytes, header, workingSize(header, plan), limits);
  const look = lookAt(work);
  const offset = plan.offset ?? attentionOffset(look.thumbnail, plan);
  const encoded = await encodeWindow(work, windowIn(work, plan, offset), plan.target, settings.format);
  release({ data: work.rgb });
  const facts = measure(look, header, (size) => windowIn(size, plan, offset));
  release(look.grey);
  return {
    format: header.format,
    width: header.width,
    height: header.height,
    converted: header.converted,
    ...facts,
    prepared: {
      bytes: encoded,
      mediaType: mediaTypes[settings.format],
      ...plan.target,
      crop: windowIn(header, plan, offset),
      upscaled: plan.upscaled,
    },
  };
}

/** The size to decode to, or null for the picture's own. */
function workingSize(original: Size, plan: CropPlan): Size | null {
  const look = withShortSide(original, LOOK_SIDE);
  const size = plan.cover.width >= look.width ? plan.cover : look;
  return size.width >= original.width || size.height >= original.height ? null : size;
}

function withShortSide({ width, height }: Size, side: number): Size {
  const scale = side / Math.min(width, height);
  if (scale >= 1) return { width, height };
  return { width: Math.max(side, Math.round(width * scale)), height: Math.max(side, Math.round(height * scale)) };
}

function attentionOffset(thumbnail: Plane, { cover, target }: CropPlan): readonly [number, number] {
  const share = findAttention(thumbnail, { width: target.width / cover.width, height: target.height / cover.height });
  return [Math.round(share * (cover.width - target.width)), Math.round(share * (cover.height - target.height))];
}

function measure(
  { grey, thumbnail }: Look,
  header: ImageHeader,
  windowOf: (size: Size) => Window,
): Pick<PreparedPicture, "hashes" | "quality" | "content"> {
  const greyThumbnail = planeToGrey(thumbnail);
  const thumbnailWindow = windowOf(thumbnail);
  const layout = layoutHash(thumbnail);
  const size = [header.width, header.height, grey.width, grey.height];
  const pixels = digestOf({ size, grey: sha256Hex(grey.data), layout });
  return {
    hashes: { pixels, ...phash(greyThumbnail), dhash: dhash(greyThumbnail), layout },
    quality: measureQuality({ grey, greyWindow: windowOf(grey), thumbnail, thumbnailWindow }),
    content: { ...findColours(thumbnail, thumbnailWindow), ...readEmbeddedText(header.embedded) },
  };
}
