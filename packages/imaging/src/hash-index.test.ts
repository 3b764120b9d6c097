import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countBits, distanceBetween, packHashes } from "./hamming.ts";
import { buildHashIndex } from "./hash-index.ts";

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

describe("the hash index", () => {
  it("finds exactly what a look at all pairs finds, at every distance", () => {
    fc.assert(
      fc.property(hashes, fc.nat({ max: 16 }), (all, within) => {
        const packed = packHashes(all);
        const index = buildHashIndex(packed, within);
        for (let at = 0; at < all.length; at++) {
          const found: [number, number][] = [];
          index.near(packed, at, (other, bits) => found.push([other, bits]));
          const expected = all
            .map((_, other): [number, number] => [other, distanceBetween(packed, at, packed, other)])
            .filter(([, bits]) => bits <= within);
          expect(found.sort((a, b) => a[0] - b[0])).toEqual(expected);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("counts the bits of any word", () => {
    fc.assert(
      fc.property(fc.nat({ max: 0xffffffff }), (word) => {
        expect(countBits(word)).toBe([...word.toString(2)].filter((bit) => bit === "1").length);
      }),
    );
  });
});
