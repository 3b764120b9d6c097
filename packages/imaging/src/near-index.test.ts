import { seededRandom } from "@loramill/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countBits, distanceBetween, packHashes } from "./hamming.ts";
import { findPairs } from "./hash-pairs.ts";
import { createNearIndex, type NearIndex, readNearIndex } from "./near-index.ts";

const hash = fc
  .tuple(fc.nat({ max: 0xffffffff }), fc.nat({ max: 0xffffffff }))
  .map((words) => words.map((word) => word.toString(16).padStart(8, "0")).join(""));

/** Hashes of which many are near one another: few bits of a common one are turned. */
const hashes = fc
  .tuple(hash, fc.array(fc.array(fc.nat({ max: 63 }), { maxLength: 12 }), { minLength: 1, maxLength: 60 }))
  .map(([base, flips]) =>
    flips.map((bits) => bits.reduce((value, bit) => value ^ (1n << BigInt(bit)), BigInt(`0x${base}`))),
  )
  .map((values) => values.map((value) => value.toString(16).padStart(16, "0")));

function indexOf(all: readonly string[]): NearIndex {
  const index = createNearIndex();
  for (const one of all) index.add(one);
  return index;
}

function drawWords(count: number): Uint32Array {
  const random = seededRandom(11);
  return Uint32Array.from({ length: count * 2 }, () => random() * 2 ** 32);
}

function neighboursByHand(all: readonly string[], of: string, within: number) {
  const [packed, query] = [packHashes(all), packHashes([of])];
  return all
    .map((_, at) => ({ at, distance: distanceBetween(packed, at, query, 0) }))
    .filter(({ distance }) => distance <= within)
    .sort((a, b) => a.distance - b.distance || a.at - b.at);
}

function pairsByHand(packed: Uint32Array, within: number): string[] {
  const pairs: string[] = [];
  for (let a = 0; a < packed.length / 2; a++) {
    for (let b = a + 1; b < packed.length / 2; b++) {
      const bits = distanceBetween(packed, a, packed, b);
      if (bits <= within) pairs.push(`${a} ${b} ${bits}`);
    }
  }
  return pairs.sort();
}

describe("the near index", () => {
  it("finds exactly what a look at all hashes finds, at every distance, while it grows", () => {
    fc.assert(
      fc.property(hashes, hash, fc.nat({ max: 20 }), (all, other, within) => {
        const index = createNearIndex();
        all.forEach((one, at) => {
          expect(index.near(one, within)).toEqual(neighboursByHand(all.slice(0, at), one, within));
          expect(index.add(one)).toBe(at);
        });
        expect(index.near(other, within)).toEqual(neighboursByHand(all, other, within));
      }),
      { numRuns: 60 },
    );
  });

  it("finds the same when it is large enough to be looked up by slots", () => {
    const random = seededRandom(3);
    const all = Array.from({ length: 12_000 }, () => {
      const word = () =>
        Math.floor(random() * 2 ** 32)
          .toString(16)
          .padStart(8, "0");
      return word() + word();
    });
    for (let n = 0; n < 600; n++) {
      // Near ones: up to nine bits of an earlier hash are turned.
      let value = BigInt(`0x${all[n] as string}`);
      for (let flip = 0; flip < n % 10; flip++) value ^= 1n << BigInt(Math.floor(random() * 64));
      all[n + 6000] = value.toString(16).padStart(16, "0");
    }
    const index = indexOf(all);
    for (const within of [0, 3, 4, 8, 12]) {
      for (let n = 0; n < 120; n++) {
        const query = all[n * 5] as string;
        expect(index.near(query, within)).toEqual(neighboursByHand(all, query, within));
      }
    }
  });

  it("finds every pair of different hashes once, and groups the equal ones", () => {
    fc.assert(
      fc.property(hashes, fc.nat({ max: 16 }), (all, within) => {
        const index = indexOf(all);
        const pairs: string[] = [];
        index.pairs(within, (a, b, bits) => pairs.push(`${all[a]} ${all[b]} ${bits}`));
        const different = [...new Set(all)];
        const expected = pairsByHand(packHashes(different), within).map((pair) => {
          const [a, b, bits] = pair.split(" ");
          return `${different[Number(a)]} ${different[Number(b)]} ${bits}`;
        });
        expect(pairs.sort()).toEqual(expected.sort());
        all.forEach((one, at) => {
          expect(index.group(at)).toEqual(all.flatMap((other, n) => (other === one ? [n] : [])));
        });
      }),
      { numRuns: 60 },
    );
  });

  it("comes back from its bytes as it was, and grows on", () => {
    const all = ["00ff00ff00ff00ff", "ffffffffffffffff", "00ff00ff00ff00ff", "0000000000000001"];
    const read = readNearIndex(indexOf(all).toBytes());
    expect(read.size).toBe(4);
    expect(read.near("00ff00ff00ff00fe", 1)).toEqual([
      { at: 0, distance: 1 },
      { at: 2, distance: 1 },
    ]);
    expect(read.add("00ff00ff00ff00fe")).toBe(4);
    expect(read.toBytes()).toEqual(indexOf([...all, "00ff00ff00ff00fe"]).toBytes());
    expect(readNearIndex(createNearIndex().toBytes()).size).toBe(0);
  });

  it("refuses bytes that are cut short or are something else", () => {
    const bytes = indexOf(["00ff00ff00ff00ff", "ffffffffffffffff"]).toBytes();
    const otherVersion = Uint8Array.from(bytes).fill(9, 4, 5);
    for (const bad of [bytes.subarray(0, 30), bytes.subarray(0, 5), otherVersion, new Uint8Array(32)]) {
      expect(() => readNearIndex(bad)).toThrow(expect.objectContaining({ code: "unreadable-index" }));
    }
  });
});

describe("all pairs", () => {
  it.each([0, 1, 3, 5, 8, 13, 24])("within %i bits are those of a look at all with all", (within) => {
    const packed = drawWords(1500);
    for (let n = 0; n < 1000; n++) {
      // Near ones, at all distances up to twice what is asked for.
      packed.set(packed.subarray(n * 2, n * 2 + 2), (n + 500) * 2);
      for (let flip = 0; flip < n % (2 * within + 2); flip++) {
        const bit = (n * 31 + flip * 7) % 64;
        const word = (n + 500) * 2 + (bit >> 5);
        packed[word] = (packed[word] as number) ^ (1 << (bit & 31));
      }
    }
    const pairs: string[] = [];
    findPairs(packed, within, (a, b, bits) => pairs.push(`${a} ${b} ${bits}`));
    expect(pairs.sort()).toEqual(pairsByHand(packed, within));
    expect(pairs.length).toBeGreaterThan(0);
  });

  it("counts the bits of any word", () => {
    fc.assert(
      fc.property(fc.nat({ max: 0xffffffff }), (word) => {
        expect(countBits(word)).toBe([...word.toString(2)].filter((bit) => bit === "1").length);
      }),
    );
  });
});
