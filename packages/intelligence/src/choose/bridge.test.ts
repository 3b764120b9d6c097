import { ChoiceRequest, GenerationSpec } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { profiles } from "../parameters/profiles/index.ts";
import { noTaste } from "../taste.ts";
import { choose } from "./choose.ts";
import { profileNameOf } from "./profile-of-spec.ts";
import { samplingOf } from "./sampling-of.ts";

describe("profileNameOf", () => {
  const drawn = { prompt: "a cat", seed: 1 };
  it.each([
    [{ kind: "text-to-image", model: { family: "sdxl" } }, "sdxl"],
    [{ kind: "text-to-image", model: { family: "pocket" } }, "pocket"],
    [{ kind: "text-to-image", model: { family: "sd3", variant: "large-turbo" } }, "sd35-turbo"],
    [{ kind: "text-to-image", model: { family: "sd3" } }, "sd35-large"],
    [{ kind: "text-to-image", model: { family: "flux" } }, "flux-dev"],
    [{ kind: "text-to-image", model: { family: "flux", variant: "schnell" } }, "flux-schnell"],
    [{ kind: "inpaint", image: "a.png", method: "fill", model: { family: "flux" } }, "flux-fill"],
    [{ kind: "restyle-clip", clip: "a.mp4", model: { family: "sd15" } }, "sd15"],
    [{ kind: "text-to-video", model: { family: "sd15" } }, "animatediff"],
    [{ kind: "text-to-video", model: { family: "wan22", variant: "5b" } }, "wan22-ti2v-5b"],
    [{ kind: "image-to-video", first: "a.png", model: { family: "wan22" } }, "wan22-a14b"],
    [{ kind: "text-to-video", model: { family: "wan21" } }, null],
    [{ kind: "speech-to-video", image: "a.png", audio: "a.wav", model: { family: "wan22" } }, "wan22-s2v"],
    [{ kind: "speech-to-video", image: "a.png", audio: "a.wav", model: { family: "wan21" } }, "infinitetalk"],
    [{ kind: "motion-transfer", image: "a.png", driving: "a.mp4", model: { family: "wan22" } }, "wan22-animate"],
  ])("of %j is %s", (spec, name) => {
    expect(profileNameOf(GenerationSpec.parse({ ...drawn, ...spec }))).toBe(name);
    if (name !== null) expect(profiles).toHaveProperty(name);
  });

  it("is none for what follows no prompt", () => {
    expect(profileNameOf(GenerationSpec.parse({ kind: "upscale", image: "a.png" }))).toBeNull();
    expect(profileNameOf(GenerationSpec.parse({ kind: "interpolate", clip: "a.mp4", model: "rife47.pth" }))).toBeNull();
  });
});

describe("samplingOf", () => {
  const facts = { loras: [], taste: noTaste, past: [] };
  const sampling = (model: string) => samplingOf(choose(ChoiceRequest.parse({ prompt: "a cat", model }), facts));
  it("gives guidance where the model takes it", () => {
    expect(sampling("sdxl")).toEqual({ steps: 28, guidance: 5, sampler: "dpmpp_2m", scheduler: "karras" });
    expect(sampling("flux-dev")).toMatchObject({ guidance: 1, distilledGuidance: 3 });
    expect(sampling("flux-schnell")).toEqual({ steps: 4, guidance: 1, sampler: "euler", scheduler: "simple" });
  });
});
