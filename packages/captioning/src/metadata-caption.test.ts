import { describe, expect, it } from "vitest";
import { metadataCaption, plainPrompt } from "./metadata-caption.ts";

describe("metadataCaption", () => {
  it("says title, description and keywords once, and nothing that cameras write", () => {
    expect(
      metadataCaption({
        title: "Lighthouse at dusk",
        description: "OLYMPUS DIGITAL CAMERA",
        keywords: ["Sea", "dusk", "rocks"],
      }),
    ).toBe("Lighthouse at dusk, Sea, rocks");
    expect(metadataCaption({ keywords: [] })).toBe("");
    expect(metadataCaption({ description: "SAMSUNG", keywords: [] })).toBe("");
  });
});

describe("plainPrompt", () => {
  it.each([
    ["masterpiece, best quality, (a red fox:1.3), [snow], <lora:foxes:0.8>", "a red fox, snow"],
    ["((detailed eyes)), score_9, score_8_up, 1girl BREAK forest", "detailed eyes, 1girl, forest"],
    ["a robot \\(toy\\), 8k, highly detailed", "a robot (toy)"],
    ["a plain sentence about a dog.", "a plain sentence about a dog"],
    ["", ""],
  ])("turns %j into %j", (prompt, expected) => {
    expect(plainPrompt(prompt)).toBe(expected);
  });
});
