import { describe, expect, it } from "vitest";
import { estimateTokens } from "./count-tokens.ts";

describe("estimateTokens", () => {
  // What CLIP's vocabulary is known to give for these, by hand and not by its tokenizer, which is not here; the marks at
  // both ends are left out. The estimate must not fall below.
  it.each([
    ["a photo of a cat", 5],
    ["a photograph of an astronaut riding a horse", 8],
    ["sks dog", 2],
    ["hello world!", 3],
    ["a dog's bed", 4],
    ["1girl, solo", 4],
    ["4k", 2],
  ])("is never below what CLIP counts for %j", (text, real) => {
    expect(estimateTokens(text)).toBeGreaterThanOrEqual(real);
  });

  it("is exact for plain captions, and no more than twice for others", () => {
    expect(estimateTokens("a photo of a cat")).toBe(5);
    expect(estimateTokens("a black dog sitting on green grass, in front of a house")).toBe(13);
    expect(estimateTokens("a photograph of an astronaut riding a horse")).toBeLessThanOrEqual(16);
  });

  it("counts digits, signs and other scripts one by one", () => {
    expect(estimateTokens("1024")).toBe(4);
    expect(estimateTokens("wow!!!")).toBe(5);
    expect(estimateTokens("犬")).toBe(3);
    expect(estimateTokens("")).toBe(0);
  });

  it("allows T5 its marks before rare and very short words", () => {
    expect(estimateTokens("a cat", "t5")).toBe(3);
    expect(estimateTokens("astronaut", "t5")).toBeGreaterThan(estimateTokens("astronaut", "clip"));
  });
});
