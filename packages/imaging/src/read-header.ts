import { UserError } from "@loramill/contracts";
import { type ImageFormat, type Sniffed, sniffFormat } from "./format.ts";
import { isTruncated } from "./integrity.ts";
import { defaultLimits, type ReadLimits } from "./limits.ts";
import { type Metadata, sharp } from "./sharp.ts";

/** What the header says, with nothing decoded. */
export interface ImageHeader {
  readonly format: ImageFormat;
  /** After EXIF orientation, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly hasAlpha: boolean;
  /** What was changed to get 8-bit sRGB without alpha: a frame, orientation, CMYK, 16 bit, grey, profile, alpha. */
  readonly converted: readonly Conversion[];
  /** Raw metadata blocks as they lie in the file, for `readEmbeddedText`. */
  readonly embedded: Pick<Metadata, "exif" | "iptc" | "xmp" | "comments">;
}

export type Conversion =
  | "first-frame"
  | "orientation"
  | "cmyk"
  | "16-bit"
  | "greyscale"
  | "colour-profile"
  | "alpha-on-white";

/**
 * The format of a file by its first bytes (512 are enough) and its length; nothing else is looked at. Throws UserError
 * with a sentence that fits behind a path: `empty-file`, `file-too-large`, `not-an-image`, `unsupported-format`.
 */
export function checkSignature(head: Uint8Array, bytes: number, limits: ReadLimits = defaultLimits): ImageFormat {
  if (bytes === 0) throw new UserError("the file is empty (0 bytes)", { code: "empty-file" });
  if (bytes > limits.maxBytes) {
    throw new UserError(
      `the file has ${megabytes(bytes)} MiB, more than the limit of ${megabytes(limits.maxBytes)} MiB`,
      { code: "file-too-large", details: { bytes, limit: limits.maxBytes } },
    );
  }
  return requireFormat(sniffFormat(head));
}

/**
 * Finds out what a file is and whether it may be decoded. Throws what `checkSignature` throws and `too-many-pixels`,
 * `too-many-frames`, `truncated-image`, `corrupt-image`.
 */
export async function readHeader(bytes: Uint8Array, limits: ReadLimits = defaultLimits): Promise<ImageHeader> {
  const format = checkSignature(bytes, bytes.byteLength, limits);
  const metadata = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch((error: unknown) => {
      throw damaged(format, bytes, error);
    });
  checkSize(metadata, limits);
  const turned = (metadata.orientation ?? 1) >= 5;
  const height = metadata.pageHeight ?? metadata.height;
  return {
    format,
    width: turned ? height : metadata.width,
    height: turned ? metadata.width : height,
    frames: metadata.pages ?? 1,
    hasAlpha: metadata.hasAlpha,
    converted: listConversions(metadata),
    embedded: { exif: metadata.exif, iptc: metadata.iptc, xmp: metadata.xmp, comments: metadata.comments },
  };
}

/** The error of a file that has the signature of a picture and does not decode. */
export function damaged(format: ImageFormat, bytes: Uint8Array, cause: unknown): UserError {
  const name = format.toUpperCase();
  if (isTruncated(format, bytes)) {
    return new UserError(`the ${name} file is cut short: its end is missing`, { code: "truncated-image", cause });
  }
  const reason = cause instanceof Error ? (cause.message.split("\n")[0] ?? "").slice(0, 200) : "";
  return new UserError(`the ${name} data is damaged${reason === "" ? "" : ` (${reason})`}`, {
    code: "corrupt-image",
    cause,
  });
}

function requireFormat(sniffed: Sniffed): ImageFormat {
  if (sniffed.kind === "supported") return sniffed.format;
  if (sniffed.kind === "unknown") {
    const what = sniffed.text ? "it holds text" : "no known picture format starts like this";
    throw new UserError(`the file is not a picture: ${what}`, { code: "not-an-image" });
  }
  if (sniffed.picture) {
    throw new UserError(`the file is ${sniffed.name}; convert it to PNG or JPEG`, { code: "unsupported-format" });
  }
  const hint = /video/.test(sniffed.name) ? "; give a video as a source of its own, type: video" : "";
  throw new UserError(`the file is not a picture but ${sniffed.name}${hint}`, { code: "not-an-image" });
}

function checkSize(metadata: Metadata, limits: ReadLimits): void {
  const { width, height } = metadata;
  const pixels = width * (metadata.pageHeight ?? height);
  if (pixels > limits.maxPixels) {
    throw new UserError(
      `the picture claims ${width}x${height} pixels (${megapixels(pixels)} million), more than the limit of ${megapixels(limits.maxPixels)} million`,
      { code: "too-many-pixels", details: { width, height, limit: limits.maxPixels } },
    );
  }
  const frames = metadata.pages ?? 1;
  if (frames > limits.maxFrames) {
    throw new UserError(`the picture has ${frames} frames, more than the limit of ${limits.maxFrames}`, {
      code: "too-many-frames",
      details: { frames, limit: limits.maxFrames },
    });
  }
}

function listConversions(metadata: Metadata): Conversion[] {
  const found: Conversion[] = [];
  if ((metadata.pages ?? 1) > 1) found.push("first-frame");
  if ((metadata.orientation ?? 1) > 1) found.push("orientation");
  if (metadata.space === "cmyk") found.push("cmyk");
  if (metadata.depth !== "uchar") found.push("16-bit");
  if (metadata.space === "b-w" || metadata.space === "grey16") found.push("greyscale");
  if (metadata.icc !== undefined && metadata.space !== "cmyk") found.push("colour-profile");
  if (metadata.hasAlpha) found.push("alpha-on-white");
  return found;
}

const megabytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(0);
const megapixels = (pixels: number): string => (pixels / 1e6).toFixed(pixels < 1e7 ? 1 : 0);
