import { UserError } from "@loramill/contracts";
import { type Avif, openAvif, placesOf, XMP_TYPE } from "./avif.ts";
import { type Item, type Location, makeEntry, makeItems, makeLocations } from "./avif-items.ts";
import type { Blocks } from "./blocks.ts";
import { type Box, makeBox, packNumbers, readBoxes } from "./iso-boxes.ts";

/** Of numbers of two bytes, which is what writers use. */
const MAX_ID = 0xffff;

interface NewItem {
  readonly id: number;
  readonly entry: Buffer;
  readonly data: Buffer;
}

/**
 * EXIF and XMP as items behind all else. What was of their kind is taken off the list and overwritten with zeros, as
 * nobody would find it but by searching. UserError `unsupported-format` for moving pictures, `corrupt-image`.
 */
export function writeAvifBlocks(given: Uint8Array, blocks: Omit<Blocks, "texts">): Uint8Array {
  const avif = openAvif(Buffer.from(given));
  const { bytes, boxes, meta } = avif;
  if (boxes.some(({ type }) => type === "moov")) {
    throw new UserError("the AVIF file is a moving picture; only still ones are written to", {
      code: "unsupported-format",
    });
  }
  const gone = new Set(avif.items.filter(isWords).map(({ id }) => id));
  erase(avif, gone);
  const added = makeNewItems(avif, blocks);
  const stay = avif.locations.filter(({ id }) => !gone.has(id));
  const metaWith = (locations: readonly Location[]) => makeMeta(avif, { gone, added, locations });
  // How long the list of places is does not depend on the places.
  const grown = metaWith([...stay, ...placesFrom(0, added)]).length - (meta.end - meta.start);
  const moved = stay.map((one) => (one.method === 0 ? move(one, meta, grown) : one));
  return Buffer.concat([
    bytes.subarray(0, meta.start),
    metaWith([...moved, ...placesFrom(bytes.length + grown + BOX_HEAD, added)]),
    bytes.subarray(meta.end),
    makeBox("mdat", ...added.map(({ data }) => data)),
  ]);
}

const BOX_HEAD = 8;
const isWords = ({ type }: Item): boolean => type === "Exif" || type === "mime";

function erase(avif: Avif, gone: ReadonlySet<number>): void {
  for (const location of avif.locations) {
    if (!gone.has(location.id)) continue;
    for (const { start, end } of placesOf(avif, location)) avif.bytes.fill(0, start, end);
  }
}

function makeNewItems({ items }: Avif, { exif, xmp }: Omit<Blocks, "texts">): NewItem[] {
  const last = Math.max(0, ...items.map(({ id }) => id));
  if (last + 2 > MAX_ID) throw new UserError("the AVIF file has too many parts", { code: "unsupported-format" });
  const made: NewItem[] = [];
  if (exif !== null) {
    // Before the TIFF file stands how many bytes do so besides: libheif expects JPEG's prefix there.
    const data = Buffer.concat([packNumbers([6, 4]), Buffer.from("Exif\0\0", "latin1"), exif]);
    made.push({ id: last + 1, entry: makeEntry(last + 1, "Exif"), data });
  }
  if (xmp !== null) {
    made.push({ id: last + 2, entry: makeEntry(last + 2, "mime", XMP_TYPE), data: Buffer.from(xmp, "utf8") });
  }
  return made;
}

/** Where the new items lie, one behind the other from `offset` on. */
function placesFrom(offset: number, added: readonly NewItem[]): Location[] {
  let at = offset;
  return added.map(({ id, data: { length } }) => {
    at += length;
    return { id, method: 0, reference: 0, extents: [{ offset: at - length, length }] };
  });
}

/** The box `meta` with other lists of items, of their places and of what describes what. */
function makeMeta(
  avif: Avif,
  { gone, added, locations }: { gone: ReadonlySet<number>; added: readonly NewItem[]; locations: readonly Location[] },
): Buffer {
  const { bytes, meta, inMeta, items } = avif;
  const entries = items.filter(({ id }) => !gone.has(id)).map(({ entry }) => entry);
  const iref = makeReferences(avif, gone, added);
  const made: Readonly<Record<string, Buffer>> = {
    iloc: makeLocations(locations),
    iinf: makeItems([...entries, ...added.map(({ entry }) => entry)]),
    iref,
  };
  const boxes = inMeta.map((box) => made[box.type] ?? bytes.subarray(box.start, box.end));
  if (!inMeta.some(({ type }) => type === "iref")) boxes.push(iref);
  return makeBox("meta", bytes.subarray(meta.content, meta.content + 4), ...boxes);
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
function makeReferences({ bytes, inMeta }: Avif, gone: ReadonlySet<number>, added: readonly NewItem[]): Buffer {
  const old = inMeta.find(({ type }) => type === "iref");
  const idSize = old !== undefined && bytes[old.content] === 1 ? 4 : 2;
  const kept = (old === undefined ? [] : readBoxes(bytes, old.content + 4, old.end))
    .filter(({ content, end }) => content + idSize <= end && !gone.has(bytes.readUIntBE(content, idSize)))
    .map(({ start, end }) => bytes.subarray(start, end));
  const pitm = inMeta.find(({ type }) => type === "pitm");
  const primary = pitm === undefined || pitm.end - pitm.content < 6 ? 1 : bytes.readUInt16BE(pitm.content + 4);
  const made = added.map(({ id }) => makeBox("cdsc", packNumbers([id, idSize], [1, 2], [primary, idSize])));
  if (kept.length + made.length === 0) return Buffer.alloc(0);
  return makeBox("iref", packNumbers([idSize === 4 ? 1 : 0, 1], [0, 3]), ...kept, ...made);
}
