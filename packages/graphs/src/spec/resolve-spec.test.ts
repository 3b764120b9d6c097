import { GenerationSpec } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { resolveSpec } from "./resolve-spec.ts";
import { factorOf } from "./usual-choices.ts";

const resolve = (spec: object) => resolveSpec(GenerationSpec.parse(spec));
const fox = { prompt: "a red fox", seed: 7 };

describe("resolveSpec", () => {
  it("takes what is usual for the family where a spec leaves it open", () => {
    expect(resolve({ kind: "text-to-image", model: { family: "flux" }, ...fox })).toMatchObject({
      model: { family: "flux", variant: "dev" },
      width: 1024,
      height: 1024,
      sampling: { steps: 20, guidance: 1, distilledGuidance: 3.5, sampler: "euler", scheduler: "simple" },
    });
    expect(resolve({ kind: "text-to-video", model: { family: "wan22" }, ...fox })).toMatchObject({
      model: { variant: "14b" },
      ...{ width: 832, height: 480, frames: 81, fps: 16 },
      sampling: { steps: 20, guidance: 3.5, shift: 8 },
    });
    expect(resolve({ kind: "text-to-video", model: { family: "sd15" }, ...fox })).toMatchObject({
      ...{ frames: 16, fps: 8, contextFrames: 16, contextOverlap: 4 },
      sampling: { guidance: 7.5, sampler: "euler_ancestral" },
    });
  });

  it("fills nothing in that the embedded engine would refuse", () => {
    const spec = resolve({ kind: "text-to-image", model: { family: "pocket" }, ...fox });
    expect(spec).toMatchObject({ width: 64, height: 64 });
    expect("sampling" in spec && spec.sampling).toEqual({ steps: 20, guidance: 3 });
  });

  it("leaves what was said", () => {
    const said = { width: 640, sampling: { steps: 4, guidance: 1 } };
    const spec = { kind: "text-to-video", model: { family: "wan22", variant: "5b" }, ...fox, ...said };
    // The other side keeps the usual shape, on the family's grid.
    expect(resolve(spec)).toMatchObject({ width: 640, height: 352, sampling: { steps: 4, guidance: 1, shift: 8 } });
  });

  it("fills masks of Flux with the model for that, unless another way is asked for", () => {
    const spec = { kind: "inpaint", model: { family: "flux" }, image: "a.png", ...fox };
    expect(resolve(spec)).toMatchObject({ model: { variant: "fill" }, method: "fill" });
    expect(resolve({ ...spec, method: "noise-mask" })).toMatchObject({ model: { variant: "dev" } });
  });

  it("leaves a picture that goes in its own shape", () => {
    const spec = resolve({ kind: "image-to-image", model: { family: "sdxl" }, image: "a.png", ...fox });
    expect(spec).not.toHaveProperty("width");
  });

  it("says which files and types guides use", () => {
    const controls = [
      { image: "a.png", preprocessor: "openpose" },
      { image: "b.png", model: "depth.safetensors" },
    ];
    const spec = {
      kind: "text-to-image",
      model: { family: "sdxl" },
      ...fox,
      controls,
      imagePrompts: [{ image: "c.png" }],
    };
    expect(resolve(spec)).toMatchObject({
      controls: [
        { model: "controlnet-union-sdxl-1.0-promax.safetensors", unionType: "openpose" },
        { model: "depth.safetensors" },
      ],
      imagePrompts: [{ method: "ip-adapter", preset: "PLUS (high strength)" }],
    });
  });
});

describe("factorOf", () => {
  it.each([
    ["4x-UltraSharp.pth", 4],
    ["sub/2x_Something.pth", 2],
    ["RealESRGAN_x2plus.pth", 2],
    ["8x_NMKD.safetensors", 8],
    ["plain.pth", null],
    ["model-v4.pth", null],
  ])("reads how many times %s enlarges", (name, factor) => {
    expect(factorOf(name)).toBe(factor);
  });
});
