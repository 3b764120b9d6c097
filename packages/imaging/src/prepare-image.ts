import {
  type ContentFacts,
  digestOf,
  type FoundFace,
  type ImageHashes,
  type QualityFacts,
  type RgbImage,
  sha256Hex,
} from "@loramill/contracts";
import { findAttention } from "./attention.ts";
import { type Borders, findBorders } from "./borders.ts";
import { type CropPlan, type CropSettings, offsetOfFocus, planCrop, windowIn } from "./crop.ts";
import { decode } from "./decode.ts";
import { measureDetail } from "./detail.ts";
import { readEmbeddedText } from "./embedded-text.ts";
import { encodeWindow } from "./encode.ts";
import { offsetOfFaces } from "./faces.ts";
import { type ImageFormat, mediaTypes } from "./format.ts";
import { dhash, layoutHash, phash } from "./hashes.ts";
import { defaultLimits, type ReadLimits } from "./limits.ts";
import { LOOK_SIDE, type Look, lookAt } from "./look.ts";
import { findColours } from "./palette.ts";
import { pdq } from "./pdq.ts";
import { measureQuality } from "./quality.ts";
import { type Plane, planeToGrey, release, type Size, type Window } from "./raster.ts";
import { type Conversion, type ImageHeader, readHeader } from "./read-header.ts";
import { signatureOf } from "./signature.ts";

/** Looks for faces; the picture must not be read after it has answered. */
export type FindFaces = (image: RgbImage) => Promise<readonly FoundFace[]>;

export interface PreparedPicture {
  readonly format: ImageFormat;
  /** Of the upright original, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly converted: readonly Conversion[];
  readonly hashes: ImageHashes;
  readonly quality: QualityFacts;
  readonly content: ContentFacts;
  /** Bars of a letterbox, in pixels of the upright original. */
  readonly borders?: Borders;
  /** In pixels of the upright original, where somebody looked for them. */
  readonly faces?: FoundFace[];
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
 * together with an equal prepared picture it means equal pixels. A JPEG or WebP that is just right stays as it is. With
 * `findFaces`, the picture is searched for faces at the size that it is decoded to. Throws what `readHeader` and `decode`
 * throw, and `too-narrow`.
 */
export async function prepareImage(
  bytes: Uint8Array,
  settings: CropSettings,
  limits: ReadLimits = defaultLimits,
  findFaces?: FindFaces,
): Promise<PreparedPicture> {
  const header = await readHeader(bytes, limits);
  const plan = planCrop(header, settings);
  const work = await decode(bytes, header, workingSize(header, plan), limits);
  const look = lookAt(work);
  const detail = measureDetail(work);
  const faces = findFaces === undefined ? undefined : facesIn(await findFaces(work), work, header);
  const byFaces = settings.crop === "faces" && faces !== undefined ? offsetOfFaces(faces, header, plan) : null;
  const offset = plan.offset ?? byFaces ?? placeCrop(look.thumbnail, header, plan, settings.focus);
  const encoded = isReady(header, plan, settings)
    ? bytes
    : await encodeWindow(work, windowIn(work, plan, offset), plan.target, settings.format);
  release({ data: work.rgb });
  const facts = measure({ bytes, look, detail, header, windowOf: (size) => windowIn(size, plan, offset) });
  release(look.grey);
  return {
    format: header.format,
    width: header.width,
    height: header.height,
    converted: header.converted,
    ...facts,
    ...(faces === undefined ? {} : { faces }),
    prepared: {
      bytes: encoded,
      mediaType: mediaTypes[settings.format],
      ...plan.target,
      crop: windowIn(header, plan, offset),
      upscaled: plan.upscaled,
    },
  };
}

/**
 * Whether a picture is what would be made of it, so that encoding it anew would only lose detail: JPEG and WebP of the
 * right size without metadata. PNG loses nothing, and encoded anew it is the same for equal pixels.
 */
function isReady(header: ImageHeader, { target, cover }: CropPlan, { format }: CropSettings): boolean {
  const { exif, iptc, xmp, comments = [] } = header.embedded;
  return (
    format !== "png" &&
    header.format === format &&
    header.frames === 1 &&
    header.converted.length === 0 &&
    [exif, iptc, xmp].every((block) => block === undefined) &&
    comments.length === 0 &&
    [target, cover].every(({ width, height }) => width === header.width && height === header.height)
  );
}

/** Faces of a picture that was decoded to a size, in pixels of the original. */
function facesIn(faces: readonly FoundFace[], decoded: Size, original: Size): FoundFace[] {
  const [x, y] = [original.width / decoded.width, original.height / decoded.height];
  return faces.map(({ left, top, width, height, score }) => {
    const corner = { left: Math.round(left * x), top: Math.round(top * y) };
    return {
      ...corner,
      width: Math.max(1, Math.min(original.width - corner.left, Math.round(width * x))),
      height: Math.max(1, Math.min(original.height - corner.top, Math.round(height * y))),
      score,
    };
  });
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

function placeCrop(thumbnail: Plane, size: Size, plan: CropPlan, focus: Window | undefined): readonly [number, number] {
  if (focus !== undefined) return offsetOfFocus(focus, size, plan);
  const { cover, target } = plan;
  const share = findAttention(thumbnail, { width: target.width / cover.width, height: target.height / cover.height });
  return [Math.round(share * (cover.width - target.width)), Math.round(share * (cover.height - target.height))];
}

/**
 * Decodes a picture as `prepareImage` does and measures it, or only decodes it, without encoding anything: what measuring
 * costs is the difference.
 */
export async function scanImage(bytes: Uint8Array, settings: CropSettings, measured: boolean): Promise<void> {
  const header = await readHeader(bytes, defaultLimits);
  const plan = planCrop(header, settings);
  const work = await decode(bytes, header, workingSize(header, plan), defaultLimits);
  if (measured) {
    const look = lookAt(work);
    const offset = plan.offset ?? placeCrop(look.thumbnail, header, plan, settings.focus);
    measure({ bytes, look, detail: measureDetail(work), header, windowOf: (size) => windowIn(size, plan, offset) });
    release(look.grey);
  }
  release({ data: work.rgb });
}

interface Scan {
  readonly bytes: Uint8Array;
  readonly look: Look;
  readonly detail: number | null;
  readonly header: ImageHeader;
  readonly windowOf: (size: Size) => Window;
}

type Facts = Pick<PreparedPicture, "hashes" | "quality" | "content" | "borders">;

function measure({ bytes, look, detail, header, windowOf }: Scan): Facts {
  const { grey, thumbnail } = look;
  const greyThumbnail = planeToGrey(thumbnail);
  const thumbnailWindow = windowOf(thumbnail);
  const layout = layoutHash(thumbnail);
  const size = [header.width, header.height, grey.width, grey.height];
  const pixels = digestOf({ size, grey: sha256Hex(grey.data), layout });
  const { hash, mirrored, quality } = pdq(greyThumbnail);
  const borders = findBorders(grey, header);
  return {
    ...(borders === undefined ? {} : { borders }),
    hashes: {
      pixels,
      ...phash(greyThumbnail),
      ...dhash(greyThumbnail),
      layout,
      pdq: hash,
      pdqMirrored: mirrored,
      pdqQuality: quality,
      signature: signatureOf(greyThumbnail),
    },
    quality: {
      ...measureQuality({ grey, greyWindow: windowOf(grey), thumbnail, thumbnailWindow }),
      detail: detail === null ? null : Number(detail.toFixed(4)),
    },
    content: { ...findColours(thumbnail, thumbnailWindow), ...readEmbeddedText(bytes, header.embedded) },
  };
}
