/** The formats that are read, by what their bytes say; names and extensions are not looked at. */
export const imageFormats = ["jpeg", "png", "webp", "avif", "tiff", "gif"] as const;
export type ImageFormat = (typeof imageFormats)[number];

export const mediaTypes: Readonly<Record<ImageFormat, string>> = {
  jpeg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  avif: "image/avif",
  tiff: "image/tiff",
  gif: "image/gif",
};

/** `supported` is a picture we read; `known` is something else we can name; `unknown` is anything else. */
export type Sniffed =
  | { readonly kind: "supported"; readonly format: ImageFormat }
  | { readonly kind: "known"; readonly name: string; readonly picture: boolean }
  | { readonly kind: "unknown"; readonly text: boolean };

const SIGNATURES: readonly (readonly [offset: number, bytes: string, format: ImageFormat])[] = [
  [0, "\xff\xd8\xff", "jpeg"],
  [0, "\x89PNG\r\n\x1a\n", "png"],
  [8, "WEBP", "webp"],
  [0, "II\x2a\0", "tiff"],
  [0, "MM\0\x2a", "tiff"],
  [0, "II\x2b\0", "tiff"],
  [0, "MM\0\x2b", "tiff"],
  [0, "GIF87a", "gif"],
  [0, "GIF89a", "gif"],
];

const OTHERS: readonly (readonly [offset: number, bytes: string, name: string, picture: boolean])[] = [
  [0, "BM", "a BMP picture", true],
  [0, "8BPS", "a Photoshop file", true],
  [0, "\0\0\x01\0", "an icon file", true],
  [0, "\xff\x0a", "a JPEG XL picture", true],
  [4, "JXL ", "a JPEG XL picture", true],
  [4, "jP  ", "a JPEG 2000 picture", true],
  [0, "%PDF", "a PDF document", false],
  [0, "PK\x03\x04", "a zip archive", false],
  [0, "\x1f\x8b", "a gzip file", false],
  [0, "\x1aE\xdf\xa3", "a Matroska or WebM video", false],
  [0, "RIFF", "a RIFF file (sound or video)", false],
  [0, "\x7fELF", "a program", false],
  [0, "MZ", "a program", false],
];

export function sniffFormat(bytes: Uint8Array): Sniffed {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 512)).toString("latin1");
  for (const [offset, signature, format] of SIGNATURES) {
    if (head.startsWith(signature, offset)) return { kind: "supported", format };
  }
  if (head.startsWith("ftyp", 4)) return sniffIsoMedia(head);
  if (/^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)?(?:<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]/i.test(head)) {
    return { kind: "known", name: "an SVG drawing", picture: true };
  }
  for (const [offset, signature, name, picture] of OTHERS) {
    if (head.startsWith(signature, offset)) return { kind: "known", name, picture };
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells binary from text.
  return { kind: "unknown", text: head.length > 0 && !/[\0-\x08\x0e-\x1f]/.test(head) };
}

/** ISO media files (HEIF family, MP4) are told apart by their brands. */
function sniffIsoMedia(head: string): Sniffed {
  const length = Math.min(head.length, Math.max(16, head.charCodeAt(2) * 256 + head.charCodeAt(3)));
  const brands = [head.slice(8, 12)];
  for (let at = 16; at + 4 <= length; at += 4) brands.push(head.slice(at, at + 4));
  if (brands.some((brand) => brand === "avif" || brand === "avis")) return { kind: "supported", format: "avif" };
  if (brands.some((brand) => /^(hei[cmsx]|hev[cmsx]|mif1|msf1)$/.test(brand))) {
    return { kind: "known", name: "a HEIC picture", picture: true };
  }
  return { kind: "known", name: "a video or sound file", picture: false };
}
