import { type GenerationSpec, type PocketEngine, type SpecIssue, type SpecOf, UserError } from "@loramill/contracts";
import { MAX_SIDE_PIXELS } from "./pocket-limits.ts";

type Model = PocketEngine["model"];
/** What it draws. */
export type Asked = SpecOf<"text-to-image" | "image-to-image">;
const STEPS = 20;
const GUIDANCE = 3;
/** Fields of a request that mean nothing to a model that knows only text. */
const NEVER = ["controls", "imagePrompts"] as const;
const UNKNOWN_SAMPLING = ["distilledGuidance", "sampler", "scheduler", "shift", "clipSkip"] as const;

const isAsked = (spec: GenerationSpec): spec is Asked =>
  spec.kind === "text-to-image" || spec.kind === "image-to-image";
const cannot = ({ kind }: GenerationSpec) => `the pocket engine makes pictures from text and pictures, not ${kind}`;

/** UserError where it is not what the engine draws. */
export function asked(spec: GenerationSpec): Asked {
  if (isAsked(spec)) return spec;
  throw new UserError(`kind: ${cannot(spec)}`, { code: "impossible-request" });
}

/** What decides a picture besides its prompt and seed, with what is usual here for what was left out. */
export function settingsOf({ sampling, width, height }: Pick<Asked, "sampling" | "width" | "height">, { side }: Model) {
  const { steps = STEPS, guidance = GUIDANCE } = sampling;
  return { steps, guidance, width: width ?? side, height: height ?? side };
}

export function checkSpec(spec: GenerationSpec, { side, sideStep }: Model): SpecIssue[] {
  const error = (field: string, message: string): SpecIssue => ({ field, severity: "error", message });
  if (!isAsked(spec)) return [error("kind", `${cannot(spec)}: choose another backend`)];
  const { width = side, height = side } = spec;
  const sizes = Object.entries({ width, height })
    .filter(([, size]) => size % sideStep !== 0 || size > MAX_SIDE_PIXELS)
    .map(([field, size]) =>
      error(
        field,
        `${size} cannot be drawn by the pocket engine: take a multiple of ${sideStep} up to ${MAX_SIDE_PIXELS}, best ${side}`,
      ),
    );
  const unknown = [
    ...NEVER.filter((field) => spec[field].length > 0),
    ...("moreSeeds" in spec && spec.moreSeeds.length > 0 ? ["moreSeeds"] : []),
    ...(["regions", "hires"] as const).filter((field) => spec[field] !== undefined),
    ...UNKNOWN_SAMPLING.filter((field) => spec.sampling[field] !== undefined).map((field) => `sampling.${field}`),
    ...spec.loras.flatMap(({ schedule }, at) => (schedule === undefined ? [] : [`loras.${at}.schedule`])),
  ].map((field) => error(field, "the pocket engine knows nothing like it: leave it out or choose another backend"));
  const family = spec.model.family === "pocket" ? [] : [error("model.family", "the pocket engine is its own model")];
  return [...sizes, ...unknown, ...family];
}
