import { type DrawnSpec, type GenerationSpec, isDrawn, type Sampling } from "@loramill/contracts";
import { findFamily, skipsLayers } from "../families/families.ts";
import type { Family } from "../families/family.ts";
import { type Settled, settle } from "./settle.ts";
import {
  controlModel,
  inpaintMethod,
  interpolation,
  isByModel,
  pictureMethod,
  speechMethod,
  USUAL_PRESETS,
  USUAL_UPSCALER,
} from "./usual-choices.ts";

/** A second pass needs fewer steps than the first: it starts from a picture. */
export const hiresSteps = (steps: number): number => Math.max(1, Math.round((steps * 2) / 3));

/**
 * The same spec with what is usual for its family in every field that was left open. Files of the model stay open, as
 * what they are called is the server's matter, and so do the sides of pictures that go in with a shape of their own.
 * A spec of an unknown variant comes back as it is: `checkSpec` says so.
 */
export function resolveSpec<S extends GenerationSpec>(spec: S): S {
  // Each case gives back the kind that it was given.
  return resolve(spec) as S;
}

function resolve(spec: GenerationSpec): GenerationSpec {
  if (isDrawn(spec)) return findFamily(spec) === null ? spec : resolveDrawn(spec);
  switch (spec.kind) {
    case "upscale":
      return { ...spec, upscaler: spec.upscaler ?? USUAL_UPSCALER };
    case "interpolate": {
      if (!isByModel(spec)) return spec;
      const { nodes, model } = interpolation(spec);
      return { ...spec, nodes, ...(model === null ? {} : { model }) };
    }
    default:
      return spec;
  }
}

function resolveDrawn(spec: DrawnSpec): DrawnSpec {
  const settled = settle(spec);
  const { family, width, height, frames, fps } = settled;
  const common = {
    model: { ...spec.model, ...(family.variant === null ? {} : { variant: family.variant }) },
    sampling: resolveSampling(spec, settled),
  };
  const size = { width, height };
  switch (spec.kind) {
    case "text-to-image":
      return { ...spec, ...common, ...size, ...resolveGuides(spec, settled) };
    case "image-to-image":
      return { ...spec, ...common, ...resolveGuides(spec, settled) };
    case "inpaint": {
      const { controls, imagePrompts } = resolveGuides(spec, settled);
      return { ...spec, ...common, controls, imagePrompts, method: inpaintMethod(spec, family) };
    }
    case "text-to-video": {
      const { motion } = family;
      const window = motion === null ? {} : contextOf(spec, family);
      return { ...spec, ...common, ...size, frames, fps, ...window };
    }
    case "image-to-video":
    case "motion-transfer":
      return { ...spec, ...common, ...size, frames, fps };
    case "speech-to-video":
      return { ...spec, ...common, ...size, fps, method: speechMethod(spec), seconds: spec.seconds ?? frames / fps };
    case "restyle-clip":
      return { ...spec, ...common };
  }
}

/** Without what the family has no use for, which some backends refuse. */
function resolveSampling(spec: DrawnSpec, { family, sampling }: Settled): Sampling {
  const { clipSkip, ...common } = sampling;
  if (skipsLayers(family)) return sampling;
  // The embedded engine has one way to draw.
  if (family.name === "pocket") return { ...spec.sampling, steps: common.steps, guidance: common.guidance };
  return common;
}

/** AnimateDiff's and HotShotXL's window, never longer than the clip. */
export function contextOf(
  spec: { readonly contextFrames?: number | undefined; readonly contextOverlap?: number | undefined },
  family: Family,
): { contextFrames: number; contextOverlap: number } {
  const contextFrames = spec.contextFrames ?? family.motion?.contextFrames ?? 1;
  const usual = family.motion?.contextOverlap ?? 0;
  return { contextFrames, contextOverlap: spec.contextOverlap ?? Math.min(usual, contextFrames - 1) };
}

type Guides = Pick<Extract<DrawnSpec, { kind: "inpaint" }>, "controls" | "imagePrompts"> &
  Partial<Pick<Extract<DrawnSpec, { kind: "text-to-image" }>, "hires">>;

function resolveGuides(spec: Guides, { family, sampling }: Settled) {
  const controls = spec.controls.map((control) => {
    const found = controlModel(control, family);
    if (found === null) return control;
    const { name, unionType } = found;
    return { ...control, model: name, ...(unionType === undefined ? {} : { unionType }) };
  });
  const imagePrompts = spec.imagePrompts.map((prompt) => {
    const method = pictureMethod(prompt, family) ?? prompt.method;
    const preset = method === "ip-adapter" || method === "ip-adapter-face" ? USUAL_PRESETS[method] : undefined;
    const isOpen = prompt.preset === undefined && prompt.model === undefined && preset !== undefined;
    return { ...prompt, method, ...(isOpen ? { preset } : {}) };
  });
  const hires = spec.hires && { ...spec.hires, steps: spec.hires.steps ?? hiresSteps(sampling.steps) };
  return { controls, imagePrompts, ...(hires === undefined ? {} : { hires }) };
}
