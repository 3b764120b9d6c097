import type { JsonObject } from "@loramill/contracts";
import type { PngText } from "../png-text.ts";
import type { Blocks } from "./containers/blocks.ts";
import { jpegLimits } from "./containers/jpeg.ts";
import { provenanceFormat, readBlocks, writeBlocks } from "./containers/picture-blocks.ts";
import { describeParameters, type PictureFacts } from "./describe-parameters.ts";
import { readExif, writeExif } from "./exif/exif-block.ts";
import { asciiJson } from "./json.ts";
import { writeParameters } from "./parameters.ts";
import { SOURCE_TYPE_TAG } from "./read-provenance.ts";
import { digitalSourceTypes, writeXmp } from "./xmp-packet.ts";

/** All that is known of how a picture was made. */
export interface Making {
  readonly facts: PictureFacts;
  /** The complete record, as in the JSON file beside the picture. */
  readonly record: JsonObject;
  /** Why it was made so; becomes the record's `explanation`. */
  readonly explanation?: JsonObject | undefined;
  /** ComfyUI's graph in the form of its API: nodes by id. */
  readonly graph?: JsonObject | undefined;
  /** `edited`: parts of a picture of another origin are in it. */
  readonly origin: keyof typeof digitalSourceTypes;
  /** Name of the program, and its version where it is told. */
  readonly software: string;
}

export interface WriteOptions {
  /** Only that a model made it, and with which program: no prompt, LoRA, seed, hash, path or graph. Default: false. */
  readonly privacy?: boolean | undefined;
}

/** What of the making did not fit into the format. */
export type LeftOut = "graph" | "record" | "parameters";

/**
 * Writes how a picture was made into it, for A1111 and what reads its text, for ComfyUI, as our record, and as the mark
 * of the IPTC; docs/pictures.md says where in which format. The pixels are not touched, and whatever words the file
 * held before are gone. UserError `unsupported-format`, `corrupt-image`.
 */
export function writeProvenance(
  bytes: Uint8Array,
  making: Making,
  options: WriteOptions = {},
): { readonly bytes: Uint8Array; readonly leftOut: readonly LeftOut[] } {
  const format = provenanceFormat(bytes);
  const before = readBlocks(bytes).exif;
  const orientation = before === null ? null : readExif(before).orientation;
  const turned = orientation !== null && orientation > 1 && orientation <= 8 ? orientation : null;
  const words = options.privacy ? {} : wordsOf(making);
  if (format === "png") {
    const exif = turned === null ? null : writeExif({ orientation: turned });
    const blocks = { texts: textsOf(words, making.software), exif, xmp: packet(making) };
    return { bytes: writeBlocks(bytes, blocks), leftOut: [] };
  }
  const { blocks, leftOut } = fit(words, making, { turned, limits: format === "jpeg" ? jpegLimits : NO_LIMITS });
  return { bytes: writeBlocks(bytes, blocks), leftOut };
}

/** The same as tags of a video, by name; what a container holds besides is not of this package. */
export function provenanceTags(making: Making, options: WriteOptions = {}): Record<string, string> {
  const texts = textsOf(options.privacy ? {} : wordsOf(making), making.software);
  const marked = [...texts, { keyword: SOURCE_TYPE_TAG, text: digitalSourceTypes[making.origin] }];
  return Object.fromEntries(marked.map(({ keyword, text }) => [keyword === "Software" ? "software" : keyword, text]));
}

/** What privacy leaves out. */
interface Words {
  readonly parameters?: string;
  readonly record?: string;
  readonly graph?: string;
}

const NO_LIMITS = { exif: Number.MAX_SAFE_INTEGER, xmp: Number.MAX_SAFE_INTEGER } as const;

function wordsOf({ facts, record, explanation, graph, software }: Making): Words {
  return {
    parameters: writeParameters(describeParameters(facts, software)),
    record: asciiJson(explanation === undefined ? record : { ...record, explanation }),
    ...(graph === undefined ? {} : { graph: asciiJson(graph) }),
  };
}

function textsOf({ parameters, record, graph }: Words, software: string): PngText[] {
  const named = { parameters: parameters?.toWellFormed(), loramill: record, prompt: graph, Software: software };
  return Object.entries(named).flatMap(([keyword, text]) => (text === undefined ? [] : [{ keyword, text }]));
}

function packet({ origin, software }: Making, record: string | null = null): string {
  return writeXmp({ digitalSourceType: digitalSourceTypes[origin], software, record });
}

/** EXIF and XMP of what fits. A1111's text, which the most tools read, goes last. */
function fit(
  { parameters, record, graph }: Words,
  making: Making,
  { turned, limits }: { turned: number | null; limits: { readonly exif: number; readonly xmp: number } },
): { blocks: Blocks; leftOut: LeftOut[] } {
  const leftOut: LeftOut[] = [];
  const exifOf = (text?: string, nodes?: string) =>
    writeExif({
      software: making.software,
      orientation: turned,
      userComment: text ?? null,
      model: nodes === undefined ? null : `prompt:${nodes}`,
    });
  let exif = exifOf(parameters, graph);
  if (exif.length > limits.exif && graph !== undefined) {
    leftOut.push("graph");
    exif = exifOf(parameters);
  }
  if (exif.length > limits.exif) {
    leftOut.push("parameters");
    exif = exifOf();
  }
  let xmp = packet(making, record);
  if (Buffer.byteLength(xmp) > limits.xmp) {
    leftOut.push("record");
    xmp = packet(making);
  }
  return { blocks: { texts: [], exif, xmp }, leftOut };
}
