import type { DrawnSpec } from "@loramill/contracts";
import { usualOf } from "../families/families.ts";
import type { Family } from "../families/family.ts";
import { MOST_FRAMES } from "../parts/cut-frames.ts";
import type { Report } from "./report.ts";
import { contextOf } from "./resolve-spec.ts";
import { settle } from "./settle.ts";
import { speechMethod } from "./usual-choices.ts";

/** The largest batch of an empty latent, unless a motion module brings one without a limit. */
const MOST_BATCH = 4096;

/** Checks lengths, rates and pieces of clips. */
export function checkClip(spec: DrawnSpec, family: Family, report: Report): void {
  switch (spec.kind) {
    case "text-to-video":
      checkLength("frames", spec.frames, family, report);
      checkContext(spec, family, report);
      return;
    case "motion-transfer":
      checkLength("frames", spec.frames, family, report);
      return;
    case "image-to-video":
      checkLength("frames", spec.frames, family, report);
      if (spec.first === undefined && spec.last === undefined) {
        report.error("first", "a clip from pictures needs its first frame, its last, or both");
      }
      if (spec.last !== undefined && family.variant === "5b") {
        report.error("last", `${family.title} knows first frames alone: take the variant 14b`);
      }
      return;
    case "speech-to-video":
      checkSpeech(spec, family, report);
      return;
    case "restyle-clip":
      checkLength("chunkFrames", spec.chunkFrames, family, report);
      for (const [index, { noise }] of spec.loras.entries()) {
        if (noise !== "high" || family.loading !== "experts") continue;
        report.error(
          `loras.${index}.noise`,
          "frames are drawn anew by the expert for low noise: take low, or leave it out",
        );
      }
      return;
    default:
      return;
  }
}

function checkLength(field: string, frames: number | undefined, { title, frameStep }: Family, report: Report): void {
  if (frames === undefined || frameStep === null || (frames - 1) % frameStep === 0) return;
  const near = Math.round((frames - 1) / frameStep) * frameStep + 1;
  report.error(field, `${title} takes multiples of ${frameStep} plus one: ${near} is near ${frames}`);
}

function checkContext(spec: Extract<DrawnSpec, { kind: "text-to-video" }>, family: Family, report: Report): void {
  const { frames, contextFrames, contextOverlap } = spec;
  if (family.motion === null) {
    for (const [field, value] of Object.entries({ contextFrames, contextOverlap })) {
      if (value !== undefined) report.warning(field, `has no effect: ${family.title} draws all frames together`);
    }
    return;
  }
  if (frames !== undefined && frames > MOST_BATCH && !family.motion.isUnlimited) {
    report.error("frames", `${family.title} draws ${MOST_BATCH} frames at most`);
  }
  const window = contextOf(spec, family);
  if (window.contextOverlap >= window.contextFrames) {
    report.error("contextOverlap", `must be less than the ${window.contextFrames} frames of a window`);
  }
}

function checkSpeech(spec: Extract<DrawnSpec, { kind: "speech-to-video" }>, family: Family, report: Report): void {
  const method = speechMethod(spec);
  const fits = method === "s2v" ? "wan22" : "wan21";
  if (family.name !== fits) {
    report.error("method", `${method} is a model of ${fits}: take method auto, or model.family ${fits}`);
  }
  const { frames } = settle(spec);
  if (frames > MOST_FRAMES) report.error("seconds", `makes ${frames} frames, and ${MOST_FRAMES} is the most`);
  // Lips move to the sound at the rate that the model was trained at.
  const { fps } = usualOf(family, spec.kind);
  if (spec.fps !== undefined && spec.fps !== fps) report.error("fps", `${family.title} speaks at ${fps}: leave it out`);
}
