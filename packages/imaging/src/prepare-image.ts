import {
  type ContentFacts,
  digestOf,
  type ImageHashes,
  type QualityFacts,
  type RgbImage,
  sha256Hex,
} from "@loramill/contracts";
import { findAttention } from "./attention.ts";
import { type CropPlan, type CropSettings, planCrop, windowIn } from "./crop.ts";
import { decode } from "./decode.ts";
import { readEmbeddedText } from "./embedded-text.ts";
import { encodeWindow } from "./encode.ts";
import { type ImageFormat, mediaTypes } from "./format.ts";
import { dhash, layoutHash, phash } from "./hashes.ts";
import { defaultLimits, type ReadLimits } from "./limits.ts";
import { findColours } from "./palette.ts";
import { measureQuality } from "./quality.ts";
import { type Plane, planeToGrey, release, resizeByArea, type Size, sampleRgb, type Window } from "./raster.ts";
import { type Conversion, type ImageHeader, readHeader } from "./read-header.ts";

/** Pictures are judged at this length of their shorter side, or their own if that is less; see sharpness.ts. */
const VIEW_SIDE = 384;
/** Hashes, colours and the point of attention need no more than this many pixels a side, whatever the aspect ratio. */
const THUMBNAIL = { width: 64, height: 64 };

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
 * be cut (at least the view of 384 pixels, never enlarged) and the crop is encoded; hashes come from a sampled view of
 * the whole, quality and colours from the crop of that view. `hashes.pixels` is the digest of the view and of the
 * original's size; together with an equal prepared picture it means equal pixels. Throws what `readHeader` and `decode`
 * throw, and `too-narrow`.
 */
export async function prepareImage(
  bytes: Uint8Array,
  settings: CropSettings,
  limits: ReadLimits = defaultLimits,
): Promise<PreparedPicture> {
  const header = await readHeader(bytes, limits);
  const plan = planCrop(header, settings);
  const work = await decode(bytes, header, workingSize(header, plan), limits);
  const view = sampleRgb(work, withShortSide(work, VIEW_SIDE));
  const thumbnail = resizeByArea({ ...view, data: view.rgb, channels: 3 }, THUMBNAIL);
  const offset = plan.offset ?? attentionOffset(thumbnail, plan);
  const encoded = await encodeWindow(work, windowIn(work, plan, offset), plan.target, settings.format);
  const facts = measure({ header, view, thumbnail, windowOf: (size) => windowIn(size, plan, offset) });
  release(view);
  release(work);
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
  const view = withShortSide(original, VIEW_SIDE);
  const size = plan.cover.width >= view.width ? plan.cover : view;
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

interface Looks {
  readonly header: ImageHeader;
  readonly view: RgbImage;
  readonly thumbnail: Plane;
  readonly windowOf: (size: Size) => Window;
}

function measure({
  header,
  view,
  thumbnail,
  windowOf,
}: Looks): Pick<PreparedPicture, "hashes" | "quality" | "content"> {
  const grey = planeToGrey(thumbnail);
  const pixels = digestOf({ width: header.width, height: header.height, view: sha256Hex(view.rgb) });
  return {
    hashes: { pixels, ...phash(grey), dhash: dhash(grey), layout: layoutHash(thumbnail) },
    quality: measureQuality(view, windowOf(view)),
    content: { ...findColours(thumbnail, windowOf(thumbnail)), ...readEmbeddedText(header.embedded) },
  };
}
