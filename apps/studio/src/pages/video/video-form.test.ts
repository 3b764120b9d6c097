import { RunSpec } from "@loramill/contracts";
import { expect, test } from "vitest";
import { emptyVideoForm, lackOf, specOfVideoForm, type VideoForm, videoKinds } from "./video-form.ts";

const clip = `sha256:${"a".repeat(64)}`;
const specOf = (part: Partial<VideoForm>) =>
  RunSpec.parse(specOfVideoForm({ ...emptyVideoForm, ...part }, "films")).generate;

test("every kind makes a spec that is taken, with the fields of its own", () => {
  for (const kind of videoKinds) {
    expect(specOf({ kind, clip, first: clip, prompt: "rain", frames: "17" })?.request?.kind).toBe(kind);
  }
  expect(specOf({ kind: "smooth-clip", clip, deflicker: false })).toMatchObject({
    ...{ prompts: [], request: { clip, strength: 0.5, windowFrames: 5, deflicker: false } },
  });
  expect(specOf({ kind: "interpolate", clip, multiplier: "4", fps: "24" })?.request).toMatchObject({
    ...{ method: "motion", multiplier: 4, fps: 24 },
  });
});

test("a clip is drawn anew with the first LoRA as the main one and the others beside it", () => {
  const loras = [
    { lora: "zorb@1", strength: "0.9" },
    { lora: "ink", strength: "0.3" },
  ];
  expect(specOf({ clip, prompt: "zorb", loras, seed: "0", denoise: "0.2" })).toMatchObject({
    ...{ mode: "manual", lora: "zorb@1", strengths: [0.9], seeds: [0] },
    request: { kind: "restyle-clip", denoise: 0.2, loras: [{ lora: "ink", strength: 0.3 }] },
  });
});

test("what is missing is said before anything is asked", () => {
  expect(lackOf({ ...emptyVideoForm, prompt: "x" })).toContain("clip");
  expect(lackOf({ ...emptyVideoForm, kind: "image-to-video", prompt: "x" })).toContain("frame");
  expect(lackOf({ ...emptyVideoForm, kind: "text-to-video" })).toContain("shows");
  expect(lackOf({ ...emptyVideoForm, kind: "smooth-clip", clip })).toBeNull();
});
