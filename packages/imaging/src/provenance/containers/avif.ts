import { UserError } from "@loramill/contracts";
import {
  type Item,
  type Location,
  makeEntry,
  makeItems,
  makeLocations,
  readItems,
  readLocations,
} from "./avif-items.ts";
import { type Blocks, MAX_BLOCK_BYTES, tiffOf, xmpOf } from "./blocks.ts";
import { type Box, makeBox, packNumbers, readBoxes } from "./iso-boxes.ts";

const XMP_TYPE = "application/rdf+xml";
/** Of numbers of two bytes, which is what writers use. */
const MAX_ID = 0xffff;

/** A file with its box `meta`, and in that the items and where they lie. */
interface Avif {
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

/**
 * EXIF and XMP as items behind all else. What was of their kind is taken off the list and overwritten with zeros, as
 * nobody would find it but by searching. UserError `unsupported-format` for moving pictures, `corrupt-image`.
 */
export function writeAvifBlocks(given: Uint8Array, { exif, xmp }: Omit<Blocks, "texts">): Uint8Array {
  const avif = openAvif(Buffer.from(given));
  const { bytes, boxes, meta, inMeta, items, locations } = avif;
  if (boxes.some(({ type }) => type === "moov")) {
    throw new UserError("the AVIF file is a moving picture; only still ones are written to", {
      code: "unsupported-format",
    });
  }
  const gone = new Set(items.filter(isWords).map(({ id }) => id));
  for (const { start, end } of locations.flatMap((one) => (gone.has(one.id) ? placesOf(avif, one) : []))) {
    bytes.fill(0, start, end);
  }
  let id = Math.max(0, ...items.map((item) => item.id));
  if (id + 2 > MAX_ID) throw new UserError("the AVIF file has too many parts", { code: "unsupported-format" });
  const added = [
    ...(exif === null
      ? []
      : [{ id: ++id, type: "Exif", data: Buffer.concat([packNumbers([6, 4]), Buffer.from("Exif\0\0"), exif]) }]),
    ...(xmp === null ? [] : [{ id: ++id, type: "mime", contentType: XMP_TYPE, data: Buffer.from(xmp, "utf8") }]),
  ];
  const entries = [
    ...items.filter((item) => !gone.has(item.id)).map(({ entry }) => entry),
    ...added.map((one) => makeEntry(one.id, one.type, one.contentType)),
  ];
  const iinf = makeItems(entries);
  const iref = makeReferences(
    avif,
    gone,
    added.map((one) => one.id),
  );
  const metaWith = (places: readonly Location[]) => {
    const made: Readonly<Record<string, Buffer>> = { iloc: makeLocations(places), iinf, iref };
    const kept = inMeta.map((box) => made[box.type] ?? bytes.subarray(box.start, box.end));
    const isNew = !inMeta.some(({ type }) => type === "iref") && iref.length > 0;
    return makeBox("meta", bytes.subarray(meta.content, meta.content + 4), ...kept, ...(isNew ? [iref] : []));
  };
  const stay = locations.filter((one) => !gone.has(one.id));
  const place = (one: { id: number; data: Buffer }, offset: number): Location => ({
    id: one.id,
    method: 0,
    reference: 0,
    extents: [{ offset, length: one.data.length }],
  });
  const grown = metaWith([...stay, ...added.map((one) => place(one, 0))]).length - (meta.end - meta.start);
  let offset = bytes.length + grown + 8;
  const places = added.map((one) => {
    offset += one.data.length;
    return place(one, offset - one.data.length);
  });
  const moved = stay.map((one) => (one.method === 0 ? move(one, meta, grown) : one));
  return Buffer.concat([
    bytes.subarray(0, meta.start),
    metaWith([...moved, ...places]),
    bytes.subarray(meta.end),
    makeBox("mdat", ...added.map(({ data }) => data)),
  ]);
}

const isXmp = ({ type, contentType }: Item): boolean => type === "mime" && contentType === XMP_TYPE;
const isWords = (item: Item): boolean => item.type === "Exif" || item.type === "mime";

function openAvif(given: Uint8Array): Avif {
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
function placesOf({ bytes, inMeta }: Avif, { method, extents }: Location): { start: number; end: number }[] {
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

/** What lies behind the box `meta` moves by what it has grown. */
function move(location: Location, meta: Box, by: number): Location {
  const extents = location.extents.map(({ offset, length }) => ({
    offset: offset >= meta.end ? offset + by : offset,
    length,
  }));
  return { ...location, extents };
}

/** A box `iref` in which the new items describe (`cdsc`) the picture, and those that are gone nothing; may be empty. */
function makeReferences({ bytes, inMeta }: Avif, gone: ReadonlySet<number>, added: readonly number[]): Buffer {
  const old = inMeta.find(({ type }) => type === "iref");
  const idSize = old !== undefined && bytes[old.content] === 1 ? 4 : 2;
  const kept = (old === undefined ? [] : readBoxes(bytes, old.content + 4, old.end))
    .filter(({ content, end }) => content + idSize <= end && !gone.has(bytes.readUIntBE(content, idSize)))
    .map(({ start, end }) => bytes.subarray(start, end));
  const pitm = inMeta.find(({ type }) => type === "pitm");
  const primary = pitm === undefined || pitm.end - pitm.content < 6 ? 1 : bytes.readUInt16BE(pitm.content + 4);
  const made = added.map((id) => makeBox("cdsc", packNumbers([id, idSize], [1, 2], [primary, idSize])));
  if (kept.length + made.length === 0) return Buffer.alloc(0);
  return makeBox("iref", packNumbers([idSize === 4 ? 1 : 0, 1], [0, 3]), ...kept, ...made);
}
