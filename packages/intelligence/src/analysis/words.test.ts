import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { singular, wordsOf } from "./words.ts";

const told = (text: string) => wordsOf(text).map((word) => [word.text, Math.round(word.emphasis * 100) / 100]);

describe("wordsOf", () => {
  it("parts words at spaces, hyphens, underscores and commas, and counts clauses", () => {
    const words = wordsOf("Long_hair, close-up; café’s door");
    expect(words.map(({ text, clause }) => [text, clause])).toEqual([
      ["long", 0],
      ["hair", 0],
      ["close", 1],
      ["up", 1],
      ["café's", 2],
      ["door", 2],
    ]);
  });

  it("reads brackets as emphasis, nested ones too, and leaves LoRA calls out", () => {
    expect(told("a (red:1.4) ((cat)) [dog] <lora:big thing:0.8> (low: 0.5) end")).toEqual([
      ["a", 1],
      ["red", 1.4],
      ["cat", 1.21],
      ["dog", 0.91],
      ["low", 0.5],
      ["end", 1],
    ]);
  });

  it("marks the words behind a negation until the clause ends", () => {
    const negated = (text: string) => wordsOf(text).flatMap((word) => (word.negated ? word.text : []));
    expect(negated("a street without people at night, sky")).toEqual(["people", "at"]);
    expect(negated("no people, people")).toEqual(["people"]);
  });

  it("names places that hold the words, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 80 }), (text) => {
        for (const { start, end, text: word, emphasis } of wordsOf(text)) {
          expect(text.slice(start, end).toLowerCase().normalize("NFC").replaceAll("’", "'")).toBe(word);
          expect(emphasis).toBeGreaterThanOrEqual(0);
          expect(emphasis).toBeLessThanOrEqual(4);
        }
      }),
    );
  });
});

describe("singular", () => {
  it.each([
    ["cats", "cat"],
    ["cities", "city"],
    ["churches", "church"],
    ["glass", "glass"],
    ["bus", "bus"],
    ["cat", "cat"],
  ])("makes of %s %s", (plural, one) => {
    expect(singular(plural)).toBe(one);
  });
});
