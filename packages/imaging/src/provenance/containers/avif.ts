import { UserError } from "@loramill/contracts";
import { type Item, type Location, readItems, readLocations } from "./avif-items.ts";
import { type Blocks, MAX_BLOCK_BYTES, tiffOf, xmpOf } from "./blocks.ts";
import { type Box, readBoxes } from "./iso-boxes.ts";

export const XMP_TYPE = "application/rdf+xml";

/** A file with its box `meta`, and in that the items and where they lie. */
export interface Avif {
  readonly bytes: Buffer;
  readonly boxes: readonly Box[];
  readonly meta: Box;
  readonly inMeta: readonly Box[];
  readonly items: readonly Item[];
  readonly locations: readonly Location[];
}

export function readAvifBlocks(given: Uint8Array): Blocks {
  const avif = openAvif(given);
  const find = (kind: (item: Item) => boolean) => {
    const item = avif.items.find(kind);
    return item === undefined ? null : contentOf(avif, item);
  };
  const exif = find(({ type }) => type === "Exif");
  // Four bytes say how many follow before the TIFF file begins.
  const tiff = exif !== null && exif.length > 4 ? tiffOf(exif.subarray(4 + exif.readUInt32BE(0))) : null;
  return { texts: [], exif: tiff, xmp: xmpOf(find(isXmp)) };
}

const isXmp = ({ type, contentType }: Item): boolean => type === "mime" && contentType === XMP_TYPE;

/** UserError `corrupt-image`. */
export function openAvif(given: Uint8Array): Avif {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  const boxes = readBoxes(bytes);
  const meta = boxes.find(({ type }) => type === "meta");
  if (boxes[0]?.type !== "ftyp" || meta === undefined) {
    throw new UserError("not an AVIF file", { code: "corrupt-image" });
  }
  const inMeta = readBoxes(bytes, meta.content + 4, meta.end);
  const iinf = inMeta.find(({ type }) => type === "iinf");
  const iloc = inMeta.find(({ type }) => type === "iloc");
  if (iinf === undefined || iloc === undefined) {
    throw new UserError("the AVIF file does not list its parts", { code: "corrupt-image" });
  }
  return { bytes, boxes, meta, inMeta, items: readItems(bytes, iinf), locations: readLocations(bytes, iloc) };
}

/** The stretches of the file that an item consists of, those within it. */
export function placesOf({ bytes, inMeta }: Avif, { method, extents }: Location): { start: number; end: number }[] {
  const base = method === 1 ? (inMeta.find(({ type }) => type === "idat")?.content ?? bytes.length) : 0;
  return extents
    .map(({ offset, length }) => ({ start: base + offset, end: base + offset + length }))
    .filter(({ end }) => method <= 1 && end <= bytes.length);
}

function contentOf(avif: Avif, item: Item): Buffer | null {
  const location = avif.locations.find(({ id }) => id === item.id);
  const places = location === undefined ? [] : placesOf(avif, location);
  const length = places.reduce((sum, { start, end }) => sum + end - start, 0);
  if (length === 0 || length > MAX_BLOCK_BYTES) return null;
  return Buffer.concat(places.map(({ start, end }) => avif.bytes.subarray(start, end)));
}
