import { distanceBetween } from "./hamming.ts";

const SLOTS = 4;
const SLOT_BITS = 16;
const SLOT_VALUES = 1 << SLOT_BITS;

/** Finds all hashes near a given one, exactly: nothing within the distance is missed. */
export interface HashIndex {
  /** Calls `found` once for each hash of the index at most `distance` bits from hash `at` of `query`. */
  near(query: Uint32Array, at: number, found: (index: number, distance: number) => void): void;
}

/**
 * Multi-index hashing: two hashes within d bits agree to floor(d / 4) bits in at least one of four 16-bit slots, so it is
 * enough to look at the hashes that share such a slot value. Postings are counting-sorted in typed arrays: 20 bytes a
 * hash and 1 MB.
 */
export function buildHashIndex(hashes: Uint32Array, distance: number): HashIndex {
  const count = hashes.length / 2;
  const postings = Array.from({ length: SLOTS }, (_, slot) => sortBySlot(hashes, count, slot));
  const masks = masksWithin(Math.floor(distance / SLOTS));
  // A hash may share several slots with the query; the stamp tells whether this query has seen it.
  const seen = new Uint32Array(count);
  let stamp = 0;
  return {
    near(query, at, found) {
      stamp += 1;
      for (let slot = 0; slot < SLOTS; slot++) {
        const { starts, members } = postings[slot] as Postings;
        const value = slotOf(query, at, slot);
        for (const mask of masks) {
          const probe = value ^ mask;
          for (let i = starts[probe] as number; i < (starts[probe + 1] as number); i++) {
            const index = members[i] as number;
            if (seen[index] === stamp) continue;
            seen[index] = stamp;
            const bits = distanceBetween(query, at, hashes, index);
            if (bits <= distance) found(index, bits);
          }
        }
      }
    },
  };
}

interface Postings {
  /** First member of each slot value; one more entry than values. */
  readonly starts: Uint32Array;
  readonly members: Uint32Array;
}

function sortBySlot(hashes: Uint32Array, count: number, slot: number): Postings {
  const starts = new Uint32Array(SLOT_VALUES + 1);
  for (let i = 0; i < count; i++) (starts[slotOf(hashes, i, slot) + 1] as number)++;
  for (let value = 0; value < SLOT_VALUES; value++) {
    starts[value + 1] = (starts[value + 1] as number) + (starts[value] as number);
  }
  const next = starts.slice(0, SLOT_VALUES);
  const members = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const value = slotOf(hashes, i, slot);
    members[next[value] as number] = i;
    (next[value] as number)++;
  }
  return { starts, members };
}

function slotOf(hashes: Uint32Array, at: number, slot: number): number {
  const word = hashes[at * 2 + (slot >> 1)] as number;
  return slot % 2 === 0 ? word >>> SLOT_BITS : word & (SLOT_VALUES - 1);
}

/** All 16-bit masks with at most `flips` set bits, fewest first. */
function masksWithin(flips: number): Uint16Array {
  let level = [0];
  const all = [0];
  for (let n = 0; n < flips; n++) {
    level = level.flatMap((mask) => {
      // Only bits above the highest set one, so that each mask is made once.
      const from = mask === 0 ? 0 : 32 - Math.clz32(mask);
      return Array.from({ length: SLOT_BITS - from }, (_, i) => mask | (1 << (from + i)));
    });
    all.push(...level);
  }
  return Uint16Array.from(all);
}
