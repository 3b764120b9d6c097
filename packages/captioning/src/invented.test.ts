import { CaptionStyle } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { finishCaption } from "./finish-caption.ts";
import { withoutMarks } from "./invented.ts";

const style = (over: Partial<CaptionStyle> = {}) => CaptionStyle.parse(over);

describe("what a model made up", () => {
  it.each([
    ["a dog on grass with a watermark in the bottom right corner", "a dog on grass"],
    ["a dog on grass, with a Getty Images watermark", "a dog on grass"],
    ['a dog. There is a faint white watermark reading "alamy" across the image. It sits.', "a dog. It sits"],
    ["a dog. A watermark is visible in the lower left corner.", "a dog"],
    ["a stock photo of a dog on grass", "a dog on grass"],
    ["dog, grass, watermark, signature", "dog, grass, signature"],
    ["a boat at sea, artist's signature, soft light", "a boat at sea, soft light"],
    ["a boat at sea and a small signature in the lower right corner", "a boat at sea"],
    ["a boat, stock photo", "a boat"],
  ])("is left out of: %s", (raw, expected) => {
    expect(finishCaption(raw, style())).toBe(expected);
  });

  it.each([
    "a man writing his signature on a contract",
    "a woman presenting her signature dish",
    "a bottle of chicken stock, photo on a wall",
    "paper held to the light to show its watermark pattern",
    "a page that explains watermarks to designers",
    "a cat and a dog with a red ball",
  ])("is not: %s", (raw) => {
    expect(finishCaption(raw, style())).toBe(raw);
  });

  it("stays where the spec, the file or a person speaks of it", () => {
    const raw = "a dog, watermark in the corner";
    expect(finishCaption(raw, style({ invented: "keep" }))).toBe(raw);
    expect(finishCaption(raw, style({ suffix: "no watermark" }))).toBe(`${raw}, no watermark`);
    expect(finishCaption(raw, { ...style(), known: ["scans/watermarked/1.png"] })).toBe(raw);
  });

  it("are names, where the spec asks for it, unless the path, the file or the spec has them", () => {
    const names = style({ invented: "names" });
    const known = (text: string) => ({ ...names, known: [text] });
    const raw = "a dog named Max on grass, a painting by the artist Vincent van Gogh";
    expect(finishCaption(raw, style())).toBe(raw);
    expect(finishCaption(raw, names)).toBe("a dog on grass, a painting");
    expect(finishCaption(raw, known("pets/max_01.jpg"))).toBe("a dog named Max on grass, a painting");
    expect(finishCaption("a shoe of the brand Acme on sand", names)).toBe("a shoe on sand");
    expect(finishCaption("a shoe of the brand Acme on sand", known("Acme catalogue"))).toContain("Acme");
    expect(finishCaption("a woman standing by the Eiffel Tower", names)).toBe("a woman standing by the Eiffel Tower");
  });

  it("takes no time to look for, whatever the text", () => {
    const hostile = [
      `a watermark ${"in the ".repeat(1000)}x`,
      `${"with a small ".repeat(800)}x`,
      `${"a signature ".repeat(700)}corner`,
      `, ${"Aa ".repeat(2500)}`,
      `a watermark "${"'".repeat(8000)}`,
    ];
    for (const text of hostile) {
      const started = performance.now();
      withoutMarks(text);
      expect(performance.now() - started).toBeLessThan(2000);
    }
  });
});
