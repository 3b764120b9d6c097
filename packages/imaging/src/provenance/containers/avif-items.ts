import { UserError } from "@loramill/contracts";
import { type Box, createCursor, makeBox, packNumbers, readBoxes } from "./iso-boxes.ts";

/** A thing that an AVIF file holds: the picture, its alpha plane, EXIF, XMP. */
export interface Item {
  readonly id: number;
  /** Such as `av01`, `Exif`; `mime` has a type of content besides. */
  readonly type: string;
  readonly contentType: string;
  /** Its `infe` box as it is. */
  readonly entry: Buffer;
}

/** Where the bytes of an item lie: in the file (`0`), or in the box `idat` (`1`). */
export interface Location {
  readonly id: number;
  readonly method: number;
  readonly reference: number;
  readonly extents: readonly { readonly offset: number; readonly length: number }[];
}

const MAX_ITEMS = 10_000;

/** The items of the box `iinf`. UserError `corrupt-image`. */
export function readItems(bytes: Buffer, box: Box): Item[] {
  const isLong = (bytes[box.content] ?? 0) > 0;
  return readBoxes(bytes, box.content + 4 + (isLong ? 4 : 2), box.end)
    .filter(({ type }) => type === "infe")
    .map(({ start, content, end }) => {
      const next = createCursor(bytes, content, end);
      const version = next(1);
      next(3);
      if (version < 2)
        throw new UserError("the AVIF file lists its parts in a way of old", { code: "unsupported-format" });
      const id = next(version === 2 ? 2 : 4);
      const at = content + (version === 2 ? 8 : 10);
      const [, contentType = ""] = bytes.toString("latin1", at + 4, end).split("\0", 2);
      const type = bytes.toString("latin1", at, at + 4);
      return { id, type, contentType, entry: bytes.subarray(start, end) };
    });
}

/** A box `iinf` of these items. */
export function makeItems(entries: readonly Uint8Array[]): Buffer {
  return makeBox("iinf", packNumbers([0, 4], [entries.length, 2]), ...entries);
}

/** The entry of a new item; `contentType` of a `mime` one. */
export function makeEntry(id: number, type: string, contentType?: string): Buffer {
  const names = Buffer.from(`${type}\0${contentType === undefined ? "" : `${contentType}\0`}`, "latin1");
  // Version 2, and hidden: it is no picture to show.
  return makeBox("infe", packNumbers([0x0200_0001, 4], [id, 2], [0, 2]), names);
}

/** The places of the box `iloc`. UserError `corrupt-image`. */
export function readLocations(bytes: Buffer, box: Box): Location[] {
  const next = createCursor(bytes, box.content, box.end);
  const version = next(1);
  next(3);
  const [sizes, more] = [next(1), next(1)];
  const [offsetSize, lengthSize, baseSize] = [sizes >> 4, sizes & 15, more >> 4];
  const indexSize = version === 0 ? 0 : more & 15;
  if ([offsetSize, lengthSize, baseSize, indexSize].some((size) => size !== 0 && size !== 4 && size !== 8)) {
    throw new UserError("the AVIF file's list of places is damaged", { code: "corrupt-image" });
  }
  const idSize = version < 2 ? 2 : 4;
  const count = next(idSize);
  const locations: Location[] = [];
  let stretches = 0;
  for (let at = 0; at < count && at < MAX_ITEMS; at++) {
    const id = next(idSize);
    const method = version === 0 ? 0 : next(2) & 15;
    const reference = next(2);
    const base = next(baseSize);
    const length = next(2);
    // Where all fields have no bytes, a short list could claim any number of them.
    stretches += length;
    if (stretches > MAX_ITEMS)
      throw new UserError("the AVIF file is in too many pieces", { code: "unsupported-format" });
    const extents = Array.from({ length }, () => {
      next(indexSize);
      const offset = base + next(offsetSize);
      return { offset, length: next(lengthSize) };
    });
    locations.push({ id, method, reference, extents });
  }
  return locations;
}

/** A box `iloc` with offsets and lengths of four bytes, whose size does not depend on where things lie. */
export function makeLocations(locations: readonly Location[]): Buffer {
  const version = locations.some(({ method }) => method !== 0) ? 1 : 0;
  const rows = locations.flatMap(({ id, method, reference, extents }) => [
    packNumbers([id, 2], ...(version === 1 ? [[method, 2] as const] : []), [reference, 2], [extents.length, 2]),
    ...extents.map(({ offset, length }) => packNumbers([offset, 4], [length, 4])),
  ]);
  return makeBox("iloc", packNumbers([version, 1], [0, 3], [0x44, 1], [0, 1], [locations.length, 2]), ...rows);
}
