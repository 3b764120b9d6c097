import { describe, expect, it } from "vitest";
import { GenerationSpec, GenerationTemplate, inputFilesOf, isDrawn, lorasOf, makesClip } from "./generation-spec.ts";

const spec = (value: object) => GenerationSpec.parse({ prompt: "p", seed: 0, model: { family: "sdxl" }, ...value });

describe("GenerationSpec", () => {
  it("takes 0 for a seed and nothing that JavaScript cannot hold exactly", () => {
    expect(spec({ kind: "text-to-image" })).toMatchObject({ seed: 0, loras: [], output: { format: "png" } });
    expect(GenerationSpec.safeParse({ ...spec({ kind: "text-to-image" }), seed: 2 ** 53 }).success).toBe(false);
  });

  it("refuses what the kind does not know, by name", () => {
    const odd = { kind: "upscale", image: "x", prompt: "p" };
    expect(GenerationSpec.safeParse(odd).error?.issues[0]).toMatchObject({ keys: ["prompt"] });
  });

  it("repeats every kind without prompt and seed, and with a model that may be left out", () => {
    for (const kind of ["text-to-image", "text-to-video"]) {
      const template = GenerationTemplate.parse({ kind });
      expect(template).not.toHaveProperty("model");
      expect(GenerationTemplate.safeParse({ kind, prompt: "p" }).success).toBe(false);
    }
  });
});

describe("what a spec refers to", () => {
  const whole = spec({
    kind: "image-to-image",
    image: "a.png",
    loras: [{ lora: "one" }],
    controls: [{ image: "edges.png" }, { image: "a.png" }],
    imagePrompts: [{ image: "style.png" }],
    regions: {
      list: [{ prompt: "left", mask: "mask.png", loras: [{ lora: "two" }], imagePrompt: { image: "face.png" } }],
    },
  });

  it("is every file that goes in, once, and every LoRA, those of regions among them", () => {
    expect(inputFilesOf(whole)).toEqual(["a.png", "edges.png", "style.png", "mask.png", "face.png"]);
    expect(lorasOf(whole).map(({ lora }) => lora)).toEqual(["one", "two"]);
    const talk = spec({ kind: "speech-to-video", image: "who.png", audio: "voice.wav" });
    expect(inputFilesOf(talk)).toEqual(["who.png", "voice.wav"]);
  });

  it("tells clips from pictures", () => {
    expect(makesClip(whole)).toBe(false);
    expect(makesClip(spec({ kind: "text-to-video" }))).toBe(true);
    expect(makesClip(spec({ kind: "text-to-video", still: true }))).toBe(false);
    const swap = GenerationSpec.parse({ kind: "face-swap", target: "t.mp4", face: "f.png", of: "clip" });
    expect(makesClip(swap)).toBe(true);
    expect(isDrawn(swap)).toBe(false);
  });
});
