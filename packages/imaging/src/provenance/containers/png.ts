import { UserError } from "@loramill/contracts";
import { makePngChunk, readPngChunks } from "../../png-chunks.ts";
import { makeTextChunk, type PngText, readTextChunk } from "../../png-text.ts";
import { type Blocks, tiffOf, xmpOf } from "./blocks.ts";

const XMP_KEYWORD = "XML:com.adobe.xmp";
/** Chunks that hold words: texts, EXIF, the time of the last change, a C2PA manifest, and what ComfyUI puts into APNG. */
const WORDS = /^(?:tEXt|zTXt|iTXt|eXIf|tIME|caBX|comf)$/;

export function readPngBlocks(bytes: Uint8Array): Blocks {
  const texts: PngText[] = [];
  let exif: Buffer | null = null;
  let xmp: string | null = null;
  for (const { type, data } of readPngChunks(bytes)) {
    if (type === "eXIf") exif ??= tiffOf(data);
    const text = readTextChunk(type, data, { unpack: true });
    if (text?.keyword === XMP_KEYWORD) xmp ??= xmpOf(Buffer.from(text.text, type === "tEXt" ? "latin1" : "utf8"));
    else if (text !== null) texts.push(text);
  }
  return { texts, exif, xmp };
}

/** Texts as `tEXt` where Latin-1 can hold them, else as `iTXt`; all before the pixels, in the place of what was there. */
export function writePngBlocks(bytes: Uint8Array, { texts, exif, xmp }: Blocks): Uint8Array {
  const added: Buffer[] = texts.map(makeTextChunk);
  if (exif !== null) added.push(makePngChunk("eXIf", exif));
  // XMP's own rules: iTXt, not compressed, whatever it holds.
  if (xmp !== null) added.push(makePngChunk("iTXt", Buffer.from(`${XMP_KEYWORD}\0\0\0\0\0${xmp}`, "utf8")));
  const parts: Uint8Array[] = [bytes.subarray(0, 8)];
  let written = false;
  for (const { type, start, end } of readPngChunks(bytes)) {
    if (WORDS.test(type)) continue;
    if (type === "IDAT" && !written) {
      parts.push(...added);
      written = true;
    }
    parts.push(bytes.subarray(start, end));
  }
  if (!written) throw new UserError("the PNG file has no pixels", { code: "corrupt-image" });
  return Buffer.concat(parts);
}
