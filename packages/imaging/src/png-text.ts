import { isUtf8 } from "node:buffer";
import { inflateSync } from "node:zlib";
import { UserError } from "@loramill/contracts";
import { makePngChunk, readPngChunks } from "./png-chunks.ts";

export interface PngText {
  /** 1 to 79 Latin-1 characters without leading, trailing or double spaces. */
  readonly keyword: string;
  readonly text: string;
}

/** Largest text that is unpacked; compressed text may claim any length. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;

/**
 * Puts texts into a PNG file before its pixels: as `tEXt` where Latin-1 can hold them, else as `iTXt`, which is what
 * tools that write prompts into pictures do. Texts of the same keyword that are there already are replaced; the pixels
 * are not touched. UserError `bad-keyword`, `corrupt-image`.
 */
export function insertPngText(png: Uint8Array, entries: readonly PngText[]): Uint8Array {
  const keywords = new Set(entries.map(({ keyword }) => keyword));
  const texts = entries.map(makeTextChunk);
  const parts: Uint8Array[] = [png.subarray(0, 8)];
  let written = false;
  for (const chunk of readPngChunks(png)) {
    const old = readTextChunk(chunk.type, chunk.data, { unpack: false });
    if (old !== null && keywords.has(old.keyword)) continue;
    if (chunk.type === "IDAT" && !written) {
      parts.push(...texts);
      written = true;
    }
    parts.push(png.subarray(chunk.start, chunk.end));
  }
  if (!written) throw new UserError("the PNG file has no pixels", { code: "corrupt-image" });
  return Buffer.concat(parts);
}

/** All texts of a PNG file: `tEXt`, `zTXt` and `iTXt`. What cannot be unpacked or is too long is left out. */
export function readPngText(png: Uint8Array): PngText[] {
  const found: PngText[] = [];
  for (const { type, data } of readPngChunks(png)) {
    const entry = readTextChunk(type, data, { unpack: true });
    if (entry !== null) found.push(entry);
  }
  return found;
}

/** UserError `bad-keyword`. */
export function makeTextChunk({ keyword, text }: PngText): Buffer {
  if (
    !/^[\x21-\x7e\xa1-\xff](?:[\x20-\x7e\xa1-\xff]{0,77}[\x21-\x7e\xa1-\xff])?$/.test(keyword) ||
    / {2}/.test(keyword)
  ) {
    throw new UserError(`${JSON.stringify(keyword)} cannot be the keyword of a PNG text`, { code: "bad-keyword" });
  }
  const name = Buffer.from(keyword, "latin1");
  if (/^[\n\x20-\x7e\xa1-\xff]*$/.test(text)) {
    return makePngChunk("tEXt", Buffer.concat([name, Buffer.of(0), Buffer.from(text, "latin1")]));
  }
  // Not compressed, no language, no translated keyword.
  return makePngChunk("iTXt", Buffer.concat([name, Buffer.of(0, 0, 0, 0, 0), Buffer.from(text, "utf8")]));
}

/** The text of a chunk, or null where it holds none; `unpack: false` gives the keyword alone. */
export function readTextChunk(type: string, data: Buffer, { unpack }: { unpack: boolean }): PngText | null {
  if (type !== "tEXt" && type !== "zTXt" && type !== "iTXt") return null;
  const end = data.indexOf(0);
  if (end < 1 || end > 79) return null;
  const keyword = data.toString("latin1", 0, end);
  if (!unpack) return { keyword, text: "" };
  if (type === "tEXt") return { keyword, text: data.toString("latin1", end + 1) };
  if (type === "zTXt") return unpacked(keyword, data.subarray(end + 2), decodeEither);
  const compressed = data[end + 1] === 1;
  const language = data.indexOf(0, end + 3);
  const translated = language < 0 ? -1 : data.indexOf(0, language + 1);
  if (translated < 0) return null;
  const body = data.subarray(translated + 1);
  return compressed
    ? unpacked(keyword, body, (text) => text.toString("utf8"))
    : { keyword, text: body.toString("utf8") };
}

/** `zTXt` is Latin-1 by the standard; libvips, and so sharp, writes UTF-8 into it, which Latin-1 seldom looks like. */
function decodeEither(text: Buffer): string {
  return text.toString(isUtf8(text) ? "utf8" : "latin1");
}

function unpacked(keyword: string, body: Buffer, decode: (text: Buffer) => string): PngText | null {
  try {
    return { keyword, text: decode(inflateSync(body, { maxOutputLength: MAX_TEXT_BYTES })) };
  } catch {
    return null;
  }
}
