import { UserError } from "@loramill/contracts";
import type { PngText } from "../png-text.ts";
import type { Blocks } from "./containers/blocks.ts";
import { readBlocks } from "./containers/picture-blocks.ts";
import { type ExifTexts, readExif } from "./exif/exif-block.ts";
import { type JsonRecord, parseRecord } from "./json.ts";
import { readA1111 } from "./readers/a1111.ts";
import { readComfyComment, readComfyui } from "./readers/comfyui.ts";
import { readFooocus } from "./readers/fooocus.ts";
import { readDream, readInvokeai, readOldInvokeai } from "./readers/invokeai.ts";
import { readLoramill } from "./readers/loramill.ts";
import { readNovelai } from "./readers/novelai.ts";
import { readSwarmui } from "./readers/swarmui.ts";
import type { Reading } from "./reading.ts";
import { readXmp, type XmpFacts } from "./xmp-packet.ts";

export interface Provenance {
  /** In the words of the tool that made the picture; null where none was recognised. */
  readonly reading: Reading | null;
  /** Where the picture comes from, an address of the IPTC's list, as XMP states it. */
  readonly digitalSourceType: string | null;
  /** The program that names itself. */
  readonly software: string | null;
  /** The complete record, of pictures made here. */
  readonly record: JsonRecord | null;
  /** All texts as they are, by keyword; those of EXIF and XMP as `exif:…` and `xmp:…`. */
  readonly raw: Readonly<Record<string, string>>;
  /** Why the file could not be read, or null. */
  readonly problem: string | null;
}

/** How a picture (PNG, JPEG, WebP, AVIF) was made. A file that is damaged or none of these has a `problem`; never throws. */
export function readProvenance(bytes: Uint8Array): Provenance {
  try {
    return fromBlocks(readBlocks(bytes));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ...fromBlocks({ texts: [], exif: null, xmp: null }), problem: error.message };
  }
}

/** The same of texts by keyword, such as the tags of a video. */
export function readProvenanceTexts(texts: Readonly<Record<string, string>>): Provenance {
  return fromBlocks({
    texts: Object.entries(texts).map(([keyword, text]) => ({ keyword, text })),
    exif: null,
    xmp: null,
  });
}

function fromBlocks({ texts, exif, xmp }: Blocks): Provenance {
  const byKeyword = firstOfEach(texts);
  const tags = exif === null ? null : readExif(exif);
  const packet = xmp === null ? null : readXmp(xmp);
  const own = byKeyword.get("loramill") ?? packet?.record ?? null;
  return {
    reading: recognise(byKeyword, tags, own),
    digitalSourceType: packet?.digitalSourceType ?? byKeyword.get(SOURCE_TYPE_TAG) ?? null,
    software: byKeyword.get("Software") ?? byKeyword.get("software") ?? tags?.software ?? packet?.software ?? null,
    record: parseRecord(own),
    raw: rawOf(byKeyword, tags, packet),
    problem: null,
  };
}

/** What videos, whose containers have no place for XMP that all players leave alone, say it under. */
export const SOURCE_TYPE_TAG = "digital_source_type";

/** The more exact a tool's own words are, the earlier they are asked: many write A1111's text besides. */
function recognise(texts: ReadonlyMap<string, string>, exif: ExifTexts | null, own: string | null): Reading | null {
  const parameters = texts.get("parameters") ?? exif?.userComment ?? undefined;
  const scheme = texts.get("fooocus_scheme") ?? exif?.makerNote ?? undefined;
  const asA1111 = parameters === undefined || parseRecord(parameters) !== null ? null : readA1111(parameters);
  return (
    readLoramill(own, asA1111) ??
    readInvokeai(texts.get("invokeai_metadata")) ??
    readOldInvokeai(texts.get("sd-metadata")) ??
    readDream(texts.get("Dream")) ??
    readNovelai(texts) ??
    readSwarmui(parameters) ??
    readFooocus(parameters, scheme) ??
    // A comment of EXIF may be anybody's; without settings it says nothing of how a picture was made.
    (texts.has("parameters") || hasSettings(asA1111) ? asA1111 : null) ??
    readComfyui(texts.get("prompt") ?? tagOf(exif, "prompt"), texts.get("workflow") ?? tagOf(exif, "workflow")) ??
    readComfyComment(texts.get("comment"))
  );
}

function hasSettings(reading: Reading | null): boolean {
  return reading !== null && (reading.settings.steps !== null || reading.settings.seed !== null);
}

/** Where a format has no texts of its own, ComfyUI writes its graphs into the tags of the camera. */
function tagOf(exif: ExifTexts | null, kind: "prompt" | "workflow"): string | undefined {
  const prefix = `${kind}:`;
  return [exif?.model, exif?.make].find((text) => text?.startsWith(prefix))?.slice(prefix.length);
}

function firstOfEach(texts: readonly PngText[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { keyword, text } of texts) if (!found.has(keyword)) found.set(keyword, text);
  return found;
}

function rawOf(
  texts: ReadonlyMap<string, string>,
  exif: ExifTexts | null,
  xmp: XmpFacts | null,
): Record<string, string> {
  const named = [
    ...texts,
    ...Object.entries(exif ?? {}).map(([name, value]) => [`exif:${name}`, value] as const),
    ...Object.entries(xmp ?? {}).map(([name, value]) => [`xmp:${name}`, value] as const),
  ];
  return Object.fromEntries(named.flatMap(([name, value]) => (value == null ? [] : [[name, `${value}`]])));
}
