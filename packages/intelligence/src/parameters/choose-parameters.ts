import type {
  ChoiceConstraints,
  ChosenParameters,
  DrawingEstimate,
  GivenParameters,
  PromptAnalysis,
} from "@loramill/contracts";
import type { DrawnParameters } from "../learning/bands.ts";
import { createEstimator, type Estimator } from "./estimate-drawing.ts";
import type { PastGeneration } from "./past-generation.ts";
import { profileOf } from "./profiles/index.ts";
import type { Profile } from "./profiles/profile.ts";
import { gigabytes, refuseConstraints, seconds, type Tried } from "./refuse.ts";
import type { Settings } from "./settings.ts";
import { memoryPlans, shorterClips, smallerSizes } from "./shrink.ts";
import { wishParameters } from "./wish.ts";

export interface ParameterRequest {
  readonly model: string;
  readonly analysis: PromptAnalysis;
  readonly given: GivenParameters;
  readonly constraints: ChoiceConstraints;
  /** Whether what is not given may be lowered to meet the limits; else they are only checked. */
  readonly mayLower: boolean;
}

export interface ParameterFacts {
  readonly past: readonly PastGeneration[];
  readonly learned: DrawnParameters;
}

export interface ParameterChoice {
  readonly parameters: ChosenParameters;
  readonly estimate: DrawingEstimate;
}

/**
 * Steps, guidance, sampler, size and memory plan with their reasons, within the limits at p90. Of what would be drawn
 * without limits, as little as possible is given up: first steps, then how the weights are kept, then size, then length.
 * UserError `constraint-unsatisfiable` where nothing fits, `unknown-model`.
 */
export function chooseParameters(request: ParameterRequest, { past, learned }: ParameterFacts): ParameterChoice {
  const { model, analysis, given, constraints, mayLower } = request;
  const profile = profileOf(model);
  const estimate = createEstimator(model, profile, past);
  const wish = wishParameters({ profile, analysis, given, priority: constraints.priority, learned });
  const candidates = mayLower ? lowered(profile, wish, request) : [settingsOf(wish)];
  const fits = makeTest(constraints);
  const tried: Tried[] = [];
  for (const settings of candidates) {
    const one = { settings, estimate: estimate(settings) };
    if (fits(one.estimate))
      return { parameters: explainLowered(wish, one, { estimate, constraints }), estimate: one.estimate };
    tried.push(one);
  }
  throw refuseConstraints(tried, constraints);
}

function makeTest({
  maxSeconds = Number.POSITIVE_INFINITY,
  maxVramBytes = Number.POSITIVE_INFINITY,
}: ChoiceConstraints) {
  return ({ seconds: time, vramBytes }: DrawingEstimate) => time.p90 <= maxSeconds && vramBytes.p90 <= maxVramBytes;
}

/** The wish, then what asks for less and less of the machine. */
function* lowered(
  profile: Profile,
  wish: ChosenParameters,
  { given, constraints }: ParameterRequest,
): Generator<Settings> {
  const base = settingsOf(wish);
  const isSizeGiven = given.width !== undefined || given.height !== undefined;
  const lengths = given.frames === undefined ? shorterClips(base.frames, profile) : [base.frames];
  const sizes = isSizeGiven ? [{ width: base.width, height: base.height }] : smallerSizes(base, profile);
  const plans = memoryPlans(profile, given, constraints.priority);
  const leastSteps = given.steps === undefined ? Math.min(profile.steps.least, base.steps) : base.steps;
  for (const frames of lengths) {
    for (const size of sizes) {
      for (const plan of plans) {
        for (let steps = base.steps; steps >= leastSteps; steps -= 1)
          yield { ...base, ...size, ...plan, frames, steps };
      }
    }
  }
}

function settingsOf(wish: ChosenParameters): Settings {
  return {
    steps: wish.steps.value,
    guidance: wish.guidance.value,
    width: wish.width.value,
    height: wish.height.value,
    frames: wish.frames.value,
    precision: wish.precision.value,
    offload: wish.offload.value,
  };
}

const LOWERED = ["steps", "width", "height", "frames", "precision", "offload"] as const;

/** Says of every value that is not the wish which limit it keeps. */
function explainLowered(
  wish: ChosenParameters,
  { settings }: Tried,
  { estimate, constraints }: { estimate: Estimator; constraints: ChoiceConstraints },
): ChosenParameters {
  const changes = LOWERED.filter((name) => wish[name].value !== settings[name]).map((name) => {
    const withWish = estimate({ ...settings, ...sameKind(name, wish) });
    const reason = `instead of ${wish[name].value}: ${limitsBroken(withWish, constraints)}`;
    return [name, { value: settings[name], source: "constraint" as const, reason }] as const;
  });
  return { ...wish, ...Object.fromEntries(changes) };
}

/** Width and height are given up together, and so are precision and offload. */
function sameKind(name: (typeof LOWERED)[number], wish: ChosenParameters): Partial<Settings> {
  if (name === "width" || name === "height") return { width: wish.width.value, height: wish.height.value };
  if (name === "precision" || name === "offload")
    return { precision: wish.precision.value, offload: wish.offload.value };
  return { [name]: wish[name].value };
}

function limitsBroken(without: DrawingEstimate, { maxSeconds, maxVramBytes }: ChoiceConstraints): string {
  const broken = [
    ...(maxSeconds !== undefined && without.seconds.p90 > maxSeconds
      ? [`that would take ${seconds(without.seconds.p90)} at p90, maxSeconds is ${maxSeconds}`]
      : []),
    ...(maxVramBytes !== undefined && without.vramBytes.p90 > maxVramBytes
      ? [`that would need ${gigabytes(without.vramBytes.p90)} at p90, maxVramBytes is ${gigabytes(maxVramBytes)}`]
      : []),
  ];
  return broken.length > 0 ? broken.join("; ") : "only together with the other changes do the limits hold";
}
