import { GenerationSpec } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { checkSpec } from "./check-spec.ts";

const fox = { prompt: "a red fox", seed: 7 };
const picture = (family: string, more: object = {}, variant?: string) => ({
  kind: "text-to-image",
  model: { family, ...(variant === undefined ? {} : { variant }) },
  ...fox,
  ...more,
});
const clip = (kind: string, family: string, more: object = {}, variant?: string) => ({
  ...picture(family, more, variant),
  kind,
});
const errors = (spec: object) =>
  checkSpec(GenerationSpec.parse(spec)).flatMap(({ severity, field }) => (severity === "error" ? [field] : []));
const region = { prompt: "a knight", area: { x: 0, y: 0, width: 0.5, height: 1 } };
const regions = (more: object, ...list: object[]) => ({ regions: { ...more, list } });

describe("checkSpec names the field that is wrong:", () => {
  it.each([
    ["a side off the family's grid", picture("sdxl", { width: 1001 }), "width"],
    ["the same where the grid is coarser", picture("flux", { height: 1000 }), "height"],
    ["a variant of another family", picture("flux", {}, "5b"), "model.variant"],
    ["a family that does not make the kind", clip("text-to-video", "flux"), "model.family"],
    ["a picture of a model for clips", picture("wan22"), "model.family"],
    ["a length between two latents", clip("text-to-video", "wan22", { frames: 80 }), "frames"],
    ["a piece of a clip between two latents", clip("restyle-clip", "wan22", { clip: "a.mp4" }), "chunkFrames"],
    [
      "the expert that does not restyle",
      clip("restyle-clip", "wan22", { clip: "a.mp4", chunkFrames: 17, loras: [{ lora: "a", noise: "high" }] }),
      "loras.0.noise",
    ],
    ["more frames than a batch has", clip("text-to-video", "sdxl", { frames: 5000 }), "frames"],
    [
      "windows that only overlap",
      clip("text-to-video", "sd15", { contextFrames: 4, contextOverlap: 4 }),
      "contextOverlap",
    ],
    ["a clip from no picture", clip("image-to-video", "wan22"), "first"],
    ["a last frame for a model of first ones", clip("image-to-video", "wan22", { last: "a.png" }, "5b"), "last"],
    ["a way to speak of another family", speech("wan22", { method: "infinite-talk" }), "method"],
    ["lips at another rate than they were learned at", speech("wan22", { fps: 25 }), "fps"],
    ["a speech of too many frames", speech("wan21", { seconds: 200 }), "seconds"],
    ["an expert where there is one model", picture("sdxl", { loras: [{ lora: "a", noise: "high" }] }), "loras.0.noise"],
    [
      "a changing strength where hooks do not reach",
      clip("text-to-video", "wan22", { loras: [{ lora: "a", schedule: [{ at: 0, strength: 1 }] }] }),
      "loras.0.schedule",
    ],
    [
      "keyframes out of order",
      picture("sdxl", {
        loras: [
          {
            lora: "a",
            schedule: [
              { at: 0.5, strength: 1 },
              { at: 0.2, strength: 0 },
            ],
          },
        ],
      }),
      "loras.0.schedule.1.at",
    ],
    ["a ControlNet that nobody named", picture("sd15", { controls: [{ image: "a.png" }] }), "controls.0.model"],
    ["control of a family without", picture("flux", { controls: [{ image: "a.png" }] }, "schnell"), "controls"],
    [
      "control that ends before it starts",
      picture("sdxl", { controls: [{ image: "a.png", start: 0.5, end: 0.2 }] }),
      "controls.0.end",
    ],
    [
      "Redux on SDXL",
      picture("sdxl", { imagePrompts: [{ image: "a.png", method: "redux" }] }),
      "imagePrompts.0.method",
    ],
    ["pictures as prompts of SD3", picture("sd3", { imagePrompts: [{ image: "a.png" }] }), "imagePrompts.0"],
    [
      "IPAdapter on SD3",
      picture("sd3", { imagePrompts: [{ image: "a.png", method: "ip-adapter" }] }),
      "imagePrompts.0",
    ],
    [
      "an unknown preset",
      picture("sdxl", { imagePrompts: [{ image: "a.png", preset: "MAGIC" }] }),
      "imagePrompts.0.preset",
    ],
    ["regions by areas on Flux", picture("flux", regions({ method: "area" }, region)), "regions.method"],
    ["a region that is nowhere", picture("sdxl", regions({}, { prompt: "a knight" })), "regions.list.0.area"],
    [
      "a region that is in two places",
      picture("sdxl", regions({}, { ...region, mask: "a.png" })),
      "regions.list.0.area",
    ],
    [
      "a region beyond the edge",
      picture("sdxl", regions({}, { prompt: "a", area: { x: 0.6, y: 0, width: 0.5, height: 1 } })),
      "regions.list.0.area.width",
    ],
    [
      "five regions by attention",
      picture("flux", regions({ method: "attention" }, region, region, region, region, region)),
      "regions.list",
    ],
    [
      "a region's LoRA without masks",
      picture("sdxl", regions({ method: "area" }, { ...region, loras: [{ lora: "a" }] })),
      "regions.list.0.loras",
    ],
    ["areas in a picture that grows", picture("sdxl", { ...regions({ method: "area" }, region), hires: {} }), "hires"],
    ["filling with a model that does not", inpaint("sdxl", { method: "fill" }), "method"],
    ["wiping with a model that does not", inpaint("sd3", { method: "encode" }), "method"],
    ["a mask that grows too far", inpaint("sd15", { method: "encode", growMaskPixels: 100 }), "growMaskPixels"],
    [
      "a clip saved as a picture",
      { kind: "face-swap", target: "a.mp4", face: "b.png", of: "clip", output: { format: "png" } },
      "output.format",
    ],
    ["AMT by nodes that do not know it", { kind: "interpolate", clip: "a.mp4", method: "amt", nodes: "core" }, "nodes"],
    [
      "FILM by ComfyUI's own nodes without a file",
      { kind: "interpolate", clip: "a.mp4", method: "film", nodes: "core" },
      "model",
    ],
    ["an even window", { kind: "smooth-clip", clip: "a.mp4", windowFrames: 4 }, "windowFrames"],
  ])("%s", (_name, spec, field) => {
    expect(errors(spec)).toEqual([field]);
  });

  it("warns of what has no effect, and lets it pass", () => {
    const idle = picture("flux", { negativePrompt: "blurry", sampling: { clipSkip: 2 } });
    const distilled = picture("sdxl", { sampling: { distilledGuidance: 3, shift: 2, sampler: "magic" } });
    const issues = [idle, distilled].flatMap((spec) => checkSpec(GenerationSpec.parse(spec)));
    expect(issues.map(({ field, severity }) => `${field} ${severity}`)).toEqual([
      "sampling.clipSkip warning",
      "negativePrompt warning",
      "sampling.sampler warning",
      "sampling.distilledGuidance warning",
      "sampling.shift warning",
    ]);
  });

  it("says which families make what was asked for", () => {
    const [issue] = checkSpec(GenerationSpec.parse(clip("text-to-video", "flux")));
    expect(issue?.message).toBe(
      "FLUX.1 dev does not make text-to-video: take Stable Diffusion 1.5, SDXL, Wan 2.2 14B, Wan 2.2 5B",
    );
  });
});

function speech(family: string, more: object) {
  return clip("speech-to-video", family, { image: "her.png", audio: "voice.wav", ...more });
}
function inpaint(family: string, more: object) {
  return clip("inpaint", family, { image: "a.png", ...more });
}
