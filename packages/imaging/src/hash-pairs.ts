import { countBits, distanceBetween } from "./hamming.ts";

/** Starts of 2^22 slot values take 16 MB; longer slots would only add empty ones. */
const MAX_SLOT_BITS = 22;

/** How the 64 bits are cut: two hashes within the distance agree to `flips` bits in at least one slot. */
interface Cut {
  readonly slots: readonly Slot[];
  readonly flips: number;
}

interface Slot {
  /** Bits right of the slot, 0..63, and how many it has. */
  readonly shift: number;
  readonly bits: number;
}

/**
 * Calls `found` once for each pair of the packed hashes that differ in at most `distance` bits (0..64), a < b, in no
 * particular order; misses none. The hashes must all differ, or many equal ones cost the square of their number.
 *
 * Multi-index hashing with as many slots as make the least work of it. For each slot the hashes are counting-sorted by
 * its value, and the hashes of each value are compared with those of the values at most `flips` bits off. A pair is told
 * by the first slot that finds it. 20 bytes a hash and at most 16 MB. A million random hashes take less than a second
 * at 3 bits and a few at 8.
 */
export function findPairs(
  hashes: Uint32Array,
  distance: number,
  found: (a: number, b: number, distance: number) => void,
): void {
  const count = hashes.length / 2;
  const cut = chooseCut(count, distance);
  if (cut === null) {
    comparePlainly(hashes, distance, found);
    return;
  }
  const masks = cut.slots.map(({ bits }) => masksWithin(bits, cut.flips));
  cut.slots.forEach((slot, at) => {
    const sorted = sortBySlot(hashes, slot);
    const isFirst = (high: number, low: number) =>
      cut.slots.slice(0, at).every((before) => countBits(slotOf(high, low, before)) > cut.flips);
    const report = (a: number, b: number, bits: number) => {
      const [one, other] = [sorted.members[a] as number, sorted.members[b] as number];
      const high = (hashes[one * 2] as number) ^ (hashes[other * 2] as number);
      const low = (hashes[one * 2 + 1] as number) ^ (hashes[other * 2 + 1] as number);
      if (isFirst(high >>> 0, low >>> 0)) found(Math.min(one, other), Math.max(one, other), bits);
    };
    comparePostings(sorted, masks[at] as Uint32Array, distance, report);
  });
}

function comparePlainly(
  hashes: Uint32Array,
  distance: number,
  found: (a: number, b: number, distance: number) => void,
): void {
  for (let a = 0; a < hashes.length / 2; a++) {
    for (let b = a + 1; b < hashes.length / 2; b++) {
      const bits = distanceBetween(hashes, a, hashes, b);
      if (bits <= distance) found(a, b, bits);
    }
  }
}

/** The cut with the least expected work on evenly spread hashes; null where comparing all with all is less. */
function chooseCut(count: number, distance: number): Cut | null {
  let best: Cut | null = null;
  let least = (count * count) / 2;
  for (let parts = Math.ceil(64 / MAX_SLOT_BITS); parts <= 16; parts++) {
    const flips = Math.floor(distance / parts);
    const bits = 64 / parts;
    // Sorting and clearing, then probes of other values and comparisons with what is found there.
    const probes = countMasks(Math.ceil(bits), flips) / 2;
    const work = parts * (count * 20 + 2 ** bits * 2 + count * probes * (2 + count / 2 ** bits));
    if (work >= least) continue;
    least = work;
    best = { slots: cutEvenly(parts), flips };
  }
  return best;
}

function cutEvenly(parts: number): Slot[] {
  return Array.from({ length: parts }, (_, part) => {
    const shift = Math.floor((64 * part) / parts);
    return { shift, bits: Math.floor((64 * (part + 1)) / parts) - shift };
  });
}

function countMasks(bits: number, flips: number): number {
  let all = 1;
  let level = 1;
  for (let n = 1; n <= flips; n++) {
    level = (level * (bits - n + 1)) / n;
    all += level;
  }
  return all;
}

/** The bits of a slot; slots may lie over the border between the words. */
function slotOf(high: number, low: number, { shift, bits }: Slot): number {
  const right = shift >= 32 ? high >>> (shift - 32) : shift === 0 ? low : (low >>> shift) | (high << (32 - shift));
  return right & ((1 << bits) - 1);
}

/** All hashes sorted by the value of a slot; their words lie in that order, so that neighbours are read in one go. */
interface Postings {
  /** First hash of each slot value; one more entry than values. */
  readonly starts: Uint32Array;
  readonly members: Uint32Array;
  readonly high: Int32Array;
  readonly low: Int32Array;
}

function sortBySlot(hashes: Uint32Array, slot: Slot): Postings {
  const count = hashes.length / 2;
  const values = 2 ** slot.bits;
  const starts = new Uint32Array(values + 2);
  const keys = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const key = slotOf(hashes[i * 2] as number, hashes[i * 2 + 1] as number, slot);
    keys[i] = key;
    starts[key + 2] = (starts[key + 2] as number) + 1;
  }
  for (let value = 2; value < starts.length; value++) {
    starts[value] = (starts[value] as number) + (starts[value - 1] as number);
  }
  // The start of each value is counted up while it is filled and so becomes the start of the next.
  const postings = { members: new Uint32Array(count), high: new Int32Array(count), low: new Int32Array(count) };
  for (let i = 0; i < count; i++) {
    const key = (keys[i] as number) + 1;
    const to = starts[key] as number;
    starts[key] = to + 1;
    postings.members[to] = i;
    postings.high[to] = hashes[i * 2] as number;
    postings.low[to] = hashes[i * 2 + 1] as number;
  }
  return { starts, ...postings };
}

/** Compares each hash with those behind it in its own slot value and with those of the larger values near it. */
function comparePostings(
  { starts, high, low }: Postings,
  masks: Uint32Array,
  distance: number,
  report: (a: number, b: number, bits: number) => void,
): void {
  for (let value = 0; value < starts.length - 2; value++) {
    const from = starts[value] as number;
    const to = starts[value + 1] as number;
    if (from === to) continue;
    for (let a = from; a < to; a++) compareWith(high, low, a, a + 1, to, distance, report);
    for (let m = 1; m < masks.length; m++) {
      const other = value ^ (masks[m] as number);
      if (other < value) continue;
      const first = starts[other] as number;
      const end = starts[other + 1] as number;
      if (first === end) continue;
      for (let a = from; a < to; a++) compareWith(high, low, a, first, end, distance, report);
    }
  }
}

function compareWith(
  high: Int32Array,
  low: Int32Array,
  a: number,
  first: number,
  end: number,
  distance: number,
  report: (a: number, b: number, bits: number) => void,
): void {
  const highA = high[a] as number;
  const lowA = low[a] as number;
  for (let b = first; b < end; b++) {
    const bits = countBits((high[b] as number) ^ highA);
    if (bits > distance) continue;
    const all = bits + countBits((low[b] as number) ^ lowA);
    if (all <= distance) report(a, b, all);
  }
}

/** All masks of `bits` bits with at most `flips` set, fewest first. */
export function masksWithin(bits: number, flips: number): Uint32Array {
  let level = [0];
  const all = [0];
  for (let n = 0; n < Math.min(flips, bits); n++) {
    level = level.flatMap((mask) => {
      // Only bits above the highest set one, so that each mask is made once.
      const from = mask === 0 ? 0 : 32 - Math.clz32(mask);
      return Array.from({ length: bits - from }, (_, i) => mask | (1 << (from + i)));
    });
    all.push(...level);
  }
  return Uint32Array.from(all);
}
