import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readLoraTags } from "./lora-tags.ts";
import { expandWildcards, fillWildcards, hasChoices, UnknownWildcard } from "./wildcards.ts";

const wildcards = { animal: ["cat", "dog"], scene: ["a __animal__ at home", "snow"], loop: ["__loop__"] };

describe("fillWildcards", () => {
  it("gives the same words for the same seed, and in the end all of them", () => {
    const text = "{big|small} __animal__, __scene__";
    expect(fillWildcards(text, wildcards, 7)).toBe(fillWildcards(text, wildcards, 7));
    const seen = new Set(Array.from({ length: 200 }, (_, seed) => fillWildcards(text, wildcards, seed)));
    expect([...seen].sort()).toEqual(expandWildcards(text, wildcards, 100).sort());
    expect(seen.size).toBe(12);
  });

  it("leaves text alone that chooses nothing", () => {
    const plain = fc.string().filter((text) => !hasChoices(text));
    fc.assert(fc.property(plain, fc.nat(), (text, seed) => fillWildcards(text, {}, seed) === text));
    expect(fillWildcards("{one} and __", {}, 0)).toBe("{one} and __");
  });

  it("names a wildcard that nobody wrote down, and ends where they go in a circle", () => {
    expect(() => fillWildcards("__ghost__", wildcards, 0)).toThrow(UnknownWildcard);
    expect(() => fillWildcards("__loop__", wildcards, 0)).toThrow(/no end/);
    expect(() => expandWildcards("__loop__", wildcards, 1000)).toThrow(RangeError);
  });
});

describe("expandWildcards", () => {
  it("lists every combination in order, and stops where there are too many", () => {
    expect(expandWildcards("{a|b} {c|}", {}, 10)).toEqual(["a c", "a ", "b c", "b "]);
    expect(() => expandWildcards("{a|b}{a|b}{a|b}{a|b}", {}, 10)).toThrow(/more than 10/);
  });
});

describe("readLoraTags", () => {
  it("takes the tags out of a prompt", () => {
    expect(readLoraTags("a cat <lora:my style:0.7> on a mat <lora:x> <lora:y:1:0.5>")).toEqual({
      text: "a cat on a mat",
      loras: [
        { lora: "my style", strength: 0.7 },
        { lora: "x", strength: 1 },
        { lora: "y", strength: 1, textStrength: 0.5 },
      ],
    });
    expect(readLoraTags("  a  cat ")).toEqual({ text: "  a  cat ", loras: [] });
  });
});
