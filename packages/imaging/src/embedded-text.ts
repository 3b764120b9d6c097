import type { ContentFacts } from "@loramill/contracts";
import exifReader, { type ExpandedTags } from "exifreader";
import { readProvenance } from "./provenance/read-provenance.ts";
import type { ImageHeader } from "./read-header.ts";

/** A JPEG segment holds at most this; longer blocks are rare and hold thumbnails, not words. */
const MAX_BLOCK = 65_000;

/** An `embedding:` in a prompt of ComfyUI names a file. */
const EMBEDDING = /\(?\bembedding:[\w./\\-]{1,256}(?::[\d.]{1,16})?\)?/g;

const COMFY_TAG = /^(?:prompt|workflow):\s*[{[]/;

export type EmbeddedText = Pick<ContentFacts, "title" | "description" | "keywords" | "takenAt" | "camera">;

/**
 * Title, description, keywords, time and camera from EXIF, IPTC, XMP and PNG text; of a generated picture, the prompt
 * describes it, whichever tool wrote it. Whatever the picture's format, the blocks are put into an otherwise empty JPEG, so that the parser sees a bounded number of bytes and no pixels. Blocks that do not parse count as absent: they are no reason to refuse a picture.
 */
export function readEmbeddedText(bytes: Uint8Array, embedded: ImageHeader["embedded"]): EmbeddedText {
  const tags = parseBlocks(embedded);
  const comment = (keyword: string) =>
    embedded.comments?.find((one) => one.keyword.toLowerCase() === keyword && !one.text.includes("\ufffd"))?.text;
  const prompt = readProvenance(bytes)
    .reading?.prompt.replace(EMBEDDING, " ")
    .replace(/^[\s,]+|[\s,]+$/g, "");
  const title = firstText(512, text(tags.iptc?.["Object Name"]), text(tags.xmp?.title), comment("title"));
  const description = firstText(
    2048,
    text(tags.iptc?.["Caption/Abstract"]),
    text(tags.xmp?.description),
    text(tags.exif?.ImageDescription),
    comment("description"),
    prompt,
  );
  const takenAt = firstText(64, isoTime(text(tags.exif?.DateTimeOriginal)), text(tags.xmp?.CreateDate));
  // ComfyUI writes its graphs into the tags of the camera where a format has no texts of its own.
  const makes = [text(tags.exif?.Make), text(tags.exif?.Model)].filter(
    (one) => one !== undefined && !COMFY_TAG.test(one),
  );
  const camera = firstText(128, makes.filter(Boolean).join(" "));
  return {
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    keywords: listKeywords(tags),
    ...(takenAt === undefined ? {} : { takenAt }),
    ...(camera === undefined ? {} : { camera }),
  };
}

function parseBlocks({ exif, iptc, xmp }: ImageHeader["embedded"]): Partial<ExpandedTags> {
  const segments = [
    segment(0xe1, exif, ""),
    segment(0xe1, xmp, "http://ns.adobe.com/xap/1.0/\0"),
    segment(0xed, iptc, ""),
  ];
  if (segments.every((one) => one.length === 0)) return {};
  try {
    return exifReader.load(Buffer.concat([Buffer.from([0xff, 0xd8]), ...segments, Buffer.from([0xff, 0xd9])]), {
      expanded: true,
    });
  } catch {
    return {};
  }
}

function segment(marker: number, block: Buffer | undefined, prefix: string): Buffer {
  if (block === undefined || block.length + prefix.length > MAX_BLOCK) return Buffer.alloc(0);
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(block.length + prefix.length + 2, 2);
  return Buffer.concat([head, Buffer.from(prefix, "latin1"), block]);
}

function listKeywords(tags: Partial<ExpandedTags>): string[] {
  const found = new Set<string>();
  const iptc: unknown = tags.iptc?.Keywords;
  for (const one of Array.isArray(iptc) ? iptc : [iptc]) addKeyword(found, text(one));
  for (const one of (text(tags.xmp?.subject) ?? "").split(",")) addKeyword(found, one);
  return [...found].slice(0, 64);
}

function addKeyword(found: Set<string>, keyword: string | undefined): void {
  const clean = firstText(128, keyword);
  if (clean !== undefined) found.add(clean);
}

function text(tag: unknown): string | undefined {
  if (typeof tag !== "object" || tag === null || !("description" in tag)) return undefined;
  return typeof tag.description === "string" ? tag.description : undefined;
}

/** The first that is not empty, without control characters, in one line, cut to `max` characters. */
function firstText(max: number, ...candidates: (string | undefined)[]): string | undefined {
  for (const candidate of candidates) {
    const clean = candidate
      ?.toWellFormed()
      .replace(/[\p{Cc}\s]+/gu, " ")
      .trim();
    if (clean) return clean.slice(0, max).toWellFormed();
  }
  return undefined;
}

/** EXIF writes `2024:01:02 03:04:05`, without a zone. */
function isoTime(exif: string | undefined): string | undefined {
  return exif?.replace(/^(\d{4}):(\d\d):(\d\d) /, "$1-$2-$3T");
}
