import type { ChosenParameters, GivenParameters, Priority, PromptAnalysis } from "@loramill/contracts";
import type { DrawnParameters } from "../learning/bands.ts";
import type { Profile } from "./profiles/profile.ts";

export interface WishParts {
  readonly profile: Profile;
  readonly analysis: PromptAnalysis;
  readonly given: GivenParameters;
  readonly priority: Priority;
  readonly learned: DrawnParameters;
}

/** Fewer ratings than this tell more about their pictures than about a setting. */
const LEAST_RATINGS = 10;

/** What would be drawn with if there were no limits: what is given, else learned, else as the family is used. */
export function wishParameters({ profile, analysis, given, priority, learned }: WishParts): ChosenParameters {
  const shape = shapeOf(analysis);
  const [width, height] = profile.sizes[shape.name];
  const frames = profile.frames;
  return {
    steps:
      given.steps !== undefined
        ? of(given.steps)
        : (learnedSteps(profile, learned) ?? usualSteps(profile, analysis, priority)),
    guidance:
      given.guidance !== undefined
        ? of(given.guidance)
        : (learnedGuidance(profile, learned) ?? usualGuidance(profile, analysis)),
    sampler: pick(given.sampler, profile.sampler, `what ${profile.title} is mostly drawn with`),
    scheduler: pick(given.scheduler, profile.scheduler, `goes with ${profile.sampler} on ${profile.title}`),
    width: pick(given.width, width, shape.reason),
    height: pick(given.height, height, shape.reason),
    frames: pick(
      given.frames,
      frames?.usual ?? 1,
      frames === null
        ? "a picture"
        : `${(frames.usual / frames.perSecond).toFixed(1)} s at ${frames.perSecond} frames per second`,
    ),
    precision: pick(given.precision, profile.precisions[0] ?? "fp16", `what the weights of ${profile.title} come in`),
    offload: pick(given.offload, "none", "nothing has to wait for weights"),
  };
}

function usualSteps({ title, steps }: Profile, { complexity }: PromptAnalysis, priority: Priority) {
  const range = steps.low === steps.high ? `${steps.low}` : `${steps.low} to ${steps.high}`;
  const share = { speed: 0, balanced: 0.25 + 0.5 * complexity.score, quality: 1 }[priority];
  const why = {
    speed: "the fast end",
    balanced: `the prompt is ${complexity.level}`,
    quality: "the careful end",
  }[priority];
  const value = Math.round(steps.low + (steps.high - steps.low) * share);
  return { value, source: "family" as const, reason: `${range} is usual for ${title}; ${why}` };
}

function usualGuidance({ title, guidance }: Profile, { complexity }: PromptAnalysis) {
  const { low, high } = guidance;
  if (low === high) return { value: low, source: "family" as const, reason: `what ${title} was made for` };
  // To halves and quarters, as people write it.
  const value = Math.round((low + (high - low) * complexity.score) * 4) / 4;
  const reason = `${low} to ${high} is usual for ${title}; the more a prompt asks for (${complexity.level}), the closer it is followed`;
  return { value, source: "family" as const, reason };
}

function learnedSteps({ steps }: Profile, { steps: learned }: DrawnParameters) {
  if (learned === undefined || learned.observations < LEAST_RATINGS) return null;
  const value = Math.round(Math.min(2 * steps.high, Math.max(steps.least, learned.value)));
  return { value, source: "learned" as const, reason: ratedBest(learned.observations) };
}

function learnedGuidance({ guidance }: Profile, { guidance: learned }: DrawnParameters) {
  // A model that was made for one value knows no other.
  if (learned === undefined || learned.observations < LEAST_RATINGS || guidance.low === guidance.high) return null;
  const value = Math.min(2 * guidance.high, Math.max(guidance.low / 2, learned.value));
  return { value, source: "learned" as const, reason: ratedBest(learned.observations) };
}

const ratedBest = (observations: number): string =>
  `pictures with it were rated best (${Math.round(observations)} ratings)`;

type Shape = "square" | "tall" | "wide";

/** What makes a picture tall or wide when it is the first such thing a prompt asks for. */
const SHAPES: Readonly<Record<string, Shape>> = {
  portrait: "tall",
  "half-body": "tall",
  "full-body": "tall",
  "wide-shot": "wide",
  panorama: "wide",
  landscape: "wide",
  city: "wide",
};

/** The picture's shape, from how things are shown, else from what is shown. */
function shapeOf({ composition, subject }: PromptAnalysis): { readonly name: Shape; readonly reason: string } {
  for (const { value, words } of [...composition, ...subject]) {
    const name = SHAPES[value];
    if (name !== undefined) return { name, reason: `${name}, since the prompt says "${words[0]?.text ?? value}"` };
  }
  return { name: "square", reason: "square, since the prompt asks for no other shape" };
}

const of = <T>(value: T) => ({ value, source: "given" as const, reason: "you set it" });

function pick<T>(given: T | undefined, usual: T, reason: string) {
  return given !== undefined ? of(given) : { value: usual, source: "family" as const, reason };
}
