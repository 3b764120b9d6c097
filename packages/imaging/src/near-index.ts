import { UserError } from "@loramill/contracts";
import { distanceBetween } from "./hamming.ts";
import { findPairs, masksWithin } from "./hash-pairs.ts";

/** 64-bit hashes, numbered as they came, that can be asked for the ones near another. */
export interface NearIndex {
  /** Hashes added so far, equal ones counted each. */
  readonly size: number;
  /** Adds a hash (16 hex digits) and answers its number: 0, 1, 2 … */
  add(hash: string): number;
  /** All within `distance` bits (0..64), nearest first, then by number; a lookup, whatever the size up to about 11 bits. */
  near(hash: string, distance: number): Neighbour[];
  /** Calls `found` once for each two different hashes within `distance` bits; see `group` for the equal ones. */
  pairs(distance: number, found: (a: number, b: number, distance: number) => void): void;
  /** Numbers of all hashes equal to number `at`, which `pairs` names by the first of them; ascending. */
  group(at: number): number[];
  /** For a file; `readNearIndex` reads it back. 8 bytes a hash. */
  toBytes(): Uint8Array;
}

export interface Neighbour {
  readonly at: number;
  readonly distance: number;
}

const SLOTS = 4;
const SLOT_BITS = 16;
const SLOT_VALUES = 1 << SLOT_BITS;
/** From so many flips a slot on, looking at every hash is quicker. */
const MAX_FLIPS = 3;
const NONE = -1;

const MAGIC = 0x4c_4d_4e_49;
const VERSION = 1;
const HEADER_BYTES = 16;

/**
 * An empty index. Multi-index hashing with linked lists: two hashes within d bits agree to floor(d / 4) bits in at least
 * one of four 16-bit slots. Equal hashes share one entry, so that a thousand flat pictures are looked at once. About 60
 * bytes a hash.
 */
export function createNearIndex(): NearIndex {
  return openIndex(new Uint32Array(0));
}

/** Reads what `toBytes` wrote. Throws `unreadable-index` for anything else; the index is then to be built anew. */
export function readNearIndex(bytes: Uint8Array): NearIndex {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.byteLength >= HEADER_BYTES ? view.getUint32(8, true) : 0;
  const isWhole =
    bytes.byteLength === HEADER_BYTES + count * 8 &&
    view.getUint32(0, false) === MAGIC &&
    view.getUint32(4, true) === VERSION;
  if (!isWhole) {
    throw new UserError("the file is no index of hashes, of another version, or cut short; build the index anew", {
      code: "unreadable-index",
    });
  }
  const words = new Uint32Array(count * 2);
  for (let i = 0; i < words.length; i++) words[i] = view.getUint32(HEADER_BYTES + i * 4, true);
  return openIndex(words);
}

function openIndex(initial: Uint32Array): NearIndex {
  /** Different hashes, high word first. */
  const entries = growing(initial.length);
  /** Entry of each hash; the next hash of the same entry; first and last hash of each entry. */
  const entryOf = growing(initial.length / 2);
  const nextEqual = growing(initial.length / 2);
  const firstOf = growing(initial.length / 2);
  const lastOf = growing(initial.length / 2);
  /** Newest entry of each slot value, and the entry before it of each entry. */
  const heads = new Int32Array(SLOTS * SLOT_VALUES).fill(NONE);
  const before = growing(initial.length * 2);
  let buckets = new Int32Array(nextPower(Math.max(1024, initial.length))).fill(NONE);
  let seen = new Uint32Array(0);
  let stamp = 0;
  const query = new Uint32Array(2);

  const bucketOf = (high: number, low: number): number => {
    const mask = buckets.length - 1;
    let at = (Math.imul(high ^ (low >>> 15), 0x9e3779b1) ^ Math.imul(low, 0x85ebca6b)) >>> 0;
    for (at = (at ^ (at >>> 15)) & mask; ; at = (at + 1) & mask) {
      const entry = buckets[at] as number;
      if (entry === NONE) return at;
      if (entries.words[entry * 2] === high && entries.words[entry * 2 + 1] === low) return at;
    }
  };

  const spread = (): void => {
    buckets = new Int32Array(buckets.length * 2).fill(NONE);
    for (let entry = 0; entry < entries.length / 2; entry++) {
      const high = entries.words[entry * 2] as number;
      buckets[bucketOf(high, entries.words[entry * 2 + 1] as number)] = entry;
    }
  };

  const link = (entry: number): void => {
    for (let slot = 0; slot < SLOTS; slot++) {
      const head = slot * SLOT_VALUES + slotOf(entries.words, entry, slot);
      before.push(heads[head] as number);
      heads[head] = entry;
    }
  };

  const addWords = (high: number, low: number): number => {
    const number = entryOf.length;
    const bucket = bucketOf(high, low);
    let entry = buckets[bucket] as number;
    if (entry === NONE) {
      entry = entries.length / 2;
      buckets[bucket] = entry;
      entries.push(high);
      entries.push(low);
      firstOf.push(number);
      lastOf.push(number);
      link(entry);
      if (entries.length > buckets.length) spread();
    } else {
      nextEqual.words[lastOf.words[entry] as number] = number;
      lastOf.words[entry] = number;
    }
    entryOf.push(entry);
    nextEqual.push(NONE);
    return number;
  };

  const members = (entry: number): number[] => {
    const all: number[] = [];
    for (let at = firstOf.words[entry] as number; at !== NONE >>> 0; at = nextEqual.words[at] as number) all.push(at);
    return all;
  };

  const eachEntryNear = (distance: number, found: (entry: number, bits: number) => void): void => {
    const flips = Math.floor(distance / SLOTS);
    const count = entries.length / 2;
    if (flips > MAX_FLIPS || count < SLOTS * masksOf(flips).length) {
      for (let entry = 0; entry < count; entry++) {
        const bits = distanceBetween(entries.words, entry, query, 0);
        if (bits <= distance) found(entry, bits);
      }
      return;
    }
    // A hash may share several slots with the query; the stamp tells whether this query has seen it.
    if (seen.length < count) seen = new Uint32Array(entries.words.length / 2);
    stamp += 1;
    for (let slot = 0; slot < SLOTS; slot++) {
      const value = slotOf(query, 0, slot);
      for (const mask of masksOf(flips)) {
        let entry = heads[slot * SLOT_VALUES + (value ^ mask)] as number;
        for (; entry !== NONE; entry = (before.words[entry * SLOTS + slot] as number) | 0) {
          if (seen[entry] === stamp) continue;
          seen[entry] = stamp;
          const bits = distanceBetween(entries.words, entry, query, 0);
          if (bits <= distance) found(entry, bits);
        }
      }
    }
  };

  for (let i = 0; i < initial.length; i += 2) addWords(initial[i] as number, initial[i + 1] as number);

  return {
    get size() {
      return entryOf.length;
    },
    add: (hash) => addWords(wordOf(hash, 0), wordOf(hash, 8)),
    near(hash, distance) {
      query[0] = wordOf(hash, 0);
      query[1] = wordOf(hash, 8);
      const found: Neighbour[] = [];
      eachEntryNear(distance, (entry, bits) => {
        for (const at of members(entry)) found.push({ at, distance: bits });
      });
      return found.sort((a, b) => a.distance - b.distance || a.at - b.at);
    },
    pairs(distance, found) {
      findPairs(entries.words.subarray(0, entries.length), distance, (a, b, bits) =>
        found(firstOf.words[a] as number, firstOf.words[b] as number, bits),
      );
    },
    group: (at) => members(entryOf.words[at] as number),
    toBytes() {
      const bytes = new Uint8Array(HEADER_BYTES + entryOf.length * 8);
      const view = new DataView(bytes.buffer);
      view.setUint32(0, MAGIC, false);
      view.setUint32(4, VERSION, true);
      view.setUint32(8, entryOf.length, true);
      for (let at = 0; at < entryOf.length; at++) {
        const entry = entryOf.words[at] as number;
        view.setUint32(HEADER_BYTES + at * 8, entries.words[entry * 2] as number, true);
        view.setUint32(HEADER_BYTES + at * 8 + 4, entries.words[entry * 2 + 1] as number, true);
      }
      return bytes;
    },
  };
}

interface Growing {
  words: Uint32Array;
  length: number;
  push(word: number): void;
}

/** Words that double their room; what is read past `length` means nothing. */
function growing(room: number): Growing {
  return {
    words: new Uint32Array(Math.max(64, room)),
    length: 0,
    push(word) {
      if (this.length === this.words.length) {
        const larger = new Uint32Array(this.words.length * 2);
        larger.set(this.words);
        this.words = larger;
      }
      this.words[this.length++] = word;
    },
  };
}

function nextPower(value: number): number {
  return 2 ** Math.ceil(Math.log2(value));
}

function wordOf(hash: string, from: number): number {
  return Number.parseInt(hash.slice(from, from + 8), 16);
}

function slotOf(words: Uint32Array, at: number, slot: number): number {
  const word = words[at * 2 + (slot >> 1)] as number;
  return slot % 2 === 0 ? word >>> SLOT_BITS : word & (SLOT_VALUES - 1);
}

const masks: Uint32Array[] = [];

function masksOf(flips: number): Uint32Array {
  masks[flips] ??= masksWithin(SLOT_BITS, flips);
  return masks[flips] as Uint32Array;
}
