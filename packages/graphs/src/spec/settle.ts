import { type DrawnSpec, type ModelFiles, type Sampling, UserError } from "@loramill/contracts";
import { findFamily, skipsLayers, usualOf } from "../families/families.ts";
import type { Family, Usual, UsualSampling } from "../families/family.ts";

/** Everything that a drawing needs, with nothing left open. */
export interface Settled {
  readonly family: Family;
  readonly files: ModelFiles;
  readonly sampling: UsualSampling & { readonly clipSkip: number };
  readonly width: number;
  readonly height: number;
  /** Whether a size was asked for; pictures that go in else keep their own shape. */
  readonly isSized: boolean;
  readonly frames: number;
  readonly fps: number;
}

/** Takes what is usual for the family where a spec leaves a choice open. UserError `impossible-request` for no such variant. */
export function settle(spec: DrawnSpec): Settled {
  const family = findFamily(spec);
  if (family === null) {
    const message = `${spec.model.family} has no variant ${spec.model.variant}`;
    throw new UserError(message, { code: "impossible-request", details: { field: "model.variant" } });
  }
  const usual = usualOf(family, spec.kind);
  const width = "width" in spec ? spec.width : undefined;
  const height = "height" in spec ? spec.height : undefined;
  const fps = ("fps" in spec ? spec.fps : undefined) ?? usual.fps;
  return {
    family,
    files: { ...usual.files, ...spec.model.files },
    sampling: settleSampling(family, usual, spec.sampling),
    ...sides(usual, family.sideStep, width, height),
    isSized: width !== undefined || height !== undefined,
    frames: framesOf(spec, usual, fps),
    fps,
  };
}

/** What the family has no use for is left out: `checkSpec` warns of it. */
function settleSampling(family: Family, usual: Usual, wished: Sampling): Settled["sampling"] {
  const { distilledGuidance, ...sampling } = given(wished);
  const isGuided = distilledGuidance !== undefined && family.usual.sampling.distilledGuidance !== undefined;
  return {
    ...usual.sampling,
    ...sampling,
    ...(isGuided ? { distilledGuidance } : {}),
    clipSkip: skipsLayers(family) ? (wished.clipSkip ?? 1) : 1,
  };
}

/** One side alone keeps the usual shape. */
function sides({ width: w, height: h }: Usual, step: number, width?: number, height?: number) {
  const round = (side: number) => Math.max(step, Math.round(side / step) * step);
  if (width !== undefined) return { width, height: height ?? round((width * h) / w) };
  if (height !== undefined) return { width: round((height * w) / h), height };
  return { width: w, height: h };
}

function framesOf(spec: DrawnSpec, usual: Usual, fps: number): number {
  if (spec.kind === "text-to-video" && spec.still) return 1;
  if (spec.kind === "speech-to-video" && spec.seconds !== undefined) return Math.max(1, Math.ceil(spec.seconds * fps));
  return ("frames" in spec ? spec.frames : undefined) ?? usual.frames;
}

/** Without the fields that are there but undefined, which would hide what is usual. */
function given<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const known = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(known) as { [K in keyof T]: Exclude<T[K], undefined> };
}
