import { UserError } from "@loramill/contracts";
import { sniffFormat } from "../../format.ts";
import { readAvifBlocks } from "./avif.ts";
import { writeAvifBlocks } from "./avif-write.ts";
import type { Blocks } from "./blocks.ts";
import { readJpegBlocks, writeJpegBlocks } from "./jpeg.ts";
import { readPngBlocks, writePngBlocks } from "./png.ts";
import { readWebpBlocks, writeWebpBlocks } from "./webp.ts";

/** Formats whose words are read and written. */
export type ProvenanceFormat = "png" | "jpeg" | "webp" | "avif";

const readers: Readonly<Record<ProvenanceFormat, (bytes: Uint8Array) => Blocks>> = {
  png: readPngBlocks,
  jpeg: readJpegBlocks,
  webp: readWebpBlocks,
  avif: readAvifBlocks,
};

const writers: Readonly<Record<ProvenanceFormat, (bytes: Uint8Array, blocks: Blocks) => Uint8Array>> = {
  png: writePngBlocks,
  jpeg: writeJpegBlocks,
  webp: writeWebpBlocks,
  avif: writeAvifBlocks,
};

/** Which of the formats a file is, by its bytes. UserError `unsupported-format`. */
export function provenanceFormat(bytes: Uint8Array): ProvenanceFormat {
  const sniffed = sniffFormat(bytes);
  if (sniffed.kind === "supported" && sniffed.format !== "gif" && sniffed.format !== "tiff") return sniffed.format;
  const what =
    sniffed.kind === "supported" ? sniffed.format.toUpperCase() : sniffed.kind === "known" ? sniffed.name : "";
  throw new UserError(`${what === "" ? "no picture" : what}; PNG, JPEG, WebP and AVIF can hold how they were made`, {
    code: "unsupported-format",
  });
}

/** UserError `unsupported-format`, `corrupt-image`. */
export function readBlocks(bytes: Uint8Array): Blocks {
  return readers[provenanceFormat(bytes)](bytes);
}

/**
 * The same picture, bit for bit, with these words instead of all that it held; the colour profile stays. Formats
 * without texts leave them out. UserError `unsupported-format`, `corrupt-image`, `text-too-long` (JPEG).
 */
export function writeBlocks(bytes: Uint8Array, blocks: Blocks): Uint8Array {
  return writers[provenanceFormat(bytes)](bytes, blocks);
}
