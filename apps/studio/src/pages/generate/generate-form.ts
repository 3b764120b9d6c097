import type { GenerationSummary, Recommendation, RunSpecInput } from "@loramill/contracts";

/** A LoRA and how strongly it is applied, as it is being typed. */
export interface LoraRow {
  readonly lora: string;
  readonly strength: string;
}

/** What the Generate page asks for, as it is being typed; an empty text leaves it to what is usual or chosen. */
export interface GenerateForm {
  readonly mode: "auto" | "assisted" | "manual";
  /** One per line. */
  readonly prompts: string;
  readonly negativePrompt: string;
  /** The first is the main one, whose strengths a batch can vary. */
  readonly loras: readonly LoraRow[];
  readonly family: string;
  readonly variant: string;
  readonly steps: string;
  readonly guidance: string;
  readonly sampler: string;
  readonly width: string;
  readonly height: string;
  /** A list; empty: `images` seeds from `baseSeed`. */
  readonly seeds: string;
  readonly baseSeed: string;
  readonly images: string;
  readonly strengths: string;
  readonly varySteps: string;
  readonly varyGuidance: string;
  /** LoRAs in turn, beside those of the list. */
  readonly varyLoras: string;
  readonly backend: string;
  readonly maxSeconds: string;
  readonly priority: string;
  readonly budgetUsd: string;
}

export const emptyForm: GenerateForm = {
  mode: "auto",
  prompts: "",
  negativePrompt: "",
  loras: [],
  family: "",
  variant: "",
  steps: "",
  guidance: "",
  sampler: "",
  width: "",
  height: "",
  seeds: "",
  baseSeed: "1",
  images: "1",
  strengths: "",
  varySteps: "",
  varyGuidance: "",
  varyLoras: "",
  backend: "auto",
  maxSeconds: "",
  priority: "balanced",
  budgetUsd: "",
};

export const promptsOf = ({ prompts }: Pick<GenerateForm, "prompts">): string[] => partsOf(prompts, "\n");

/** The run that draws what the form asks for; what cannot be read of it is left to the check of the spec. */
export function specOfGenerateForm(form: GenerateForm, project: string | null): RunSpecInput {
  const prompts = promptsOf(form);
  return {
    name: nameOfPrompt(prompts[0] ?? ""),
    ...(project === null ? {} : { project }),
    ...given({ budgetUsd: numberOf(form.budgetUsd) }),
    generate: {
      mode: form.mode,
      prompts,
      ...given({ negativePrompt: form.negativePrompt.trim() || undefined }),
      ...seedsOf(form),
      backend: form.backend as "auto",
      ...(form.mode === "auto" ? limitsOf(form) : drawingOf(form)),
      ...varyOf(form),
    },
  };
}

/** `auto` leaves LoRAs and parameters open: it says only what they must keep to. */
function limitsOf({ maxSeconds, priority }: GenerateForm) {
  return { constraints: { priority: priority as "balanced", ...given({ maxSeconds: numberOf(maxSeconds) }) } };
}

function drawingOf(form: GenerateForm) {
  const [main, ...others] = form.loras;
  const strengths = numbersOf(form.strengths);
  const varied = partsOf(form.varyLoras, ",");
  const uses = [
    ...others.map(({ lora, strength }) => ({ lora, strength: Number(strength) })),
    ...(varied[0] === undefined ? [] : [{ lora: varied[0] }]),
  ];
  return {
    ...(main === undefined
      ? {}
      : { lora: main.lora, strengths: strengths.length > 0 ? strengths : [Number(main.strength)] }),
    request: {
      kind: "text-to-image" as const,
      ...(form.family === "" ? {} : { model: { family: form.family as "sdxl", ...variantOf(form) } }),
      ...(uses.length === 0 ? {} : { loras: uses }),
      sampling: given({
        steps: numberOf(form.steps),
        guidance: numberOf(form.guidance),
        sampler: form.sampler.trim() || undefined,
      }),
      ...given({ width: numberOf(form.width), height: numberOf(form.height) }),
    },
  };
}

const variantOf = ({ variant }: GenerateForm) => (variant === "" ? {} : { variant: variant as "dev" });

function seedsOf({ seeds, baseSeed, images }: GenerateForm) {
  const list = numbersOf(seeds);
  if (list.length > 0) return { seeds: list };
  return given({ baseSeed: numberOf(baseSeed), imagesPerPrompt: numberOf(images) });
}

function varyOf(form: GenerateForm) {
  const loras = form.mode === "auto" ? [] : partsOf(form.varyLoras, ",");
  const vary = {
    ...listed("sampling.steps", numbersOf(form.varySteps)),
    ...listed("sampling.guidance", numbersOf(form.varyGuidance)),
    // It stands behind those of the list: the main one is the first of a request's LoRAs.
    ...listed(`loras.${form.loras.length}.lora`, loras),
  };
  return Object.keys(vary).length === 0 ? {} : { vary };
}

const listed = <T>(field: string, values: readonly T[]) => (values.length === 0 ? {} : { [field]: [...values] });

/** The form with what was recommended in the places where it can be changed. */
export function withRecommendation(
  form: GenerateForm,
  { explanation }: Recommendation,
  request: Requested,
): GenerateForm {
  const { steps, guidance, width, height } = explanation.parameters;
  return {
    ...form,
    loras: (request.loras ?? []).map(({ lora, strength }) => ({ lora, strength: `${strength}` })),
    family: request.model?.family ?? "",
    variant: request.model?.variant ?? "",
    steps: `${steps.value}`,
    guidance: `${guidance.value}`,
    width: `${width.value}`,
    height: `${height.value}`,
  };
}

/** Of a recommendation's `generate.request`, what the form shows. */
export interface Requested {
  readonly model?: { readonly family?: string; readonly variant?: string };
  readonly loras?: readonly { readonly lora: string; readonly strength: number }[];
}

/** The form that draws a picture from text again; `called`: names of its LoRAs by the SHA-256 of their files. */
export function formOfGeneration(
  generation: GenerationSummary,
  model: Requested["model"],
  called: ReadonlyMap<string, string>,
): GenerateForm {
  const { prompt, negativePrompt, loras, steps, guidance, width, height, seed, backend } = generation;
  return {
    ...emptyForm,
    mode: "manual",
    prompts: prompt,
    negativePrompt,
    loras: loras.map(({ name, sha256, strength }) => ({ lora: called.get(sha256) ?? name, strength: `${strength}` })),
    family: model?.family ?? "",
    variant: model?.variant ?? "",
    steps: `${steps}`,
    guidance: `${guidance}`,
    width: `${width}`,
    height: `${height}`,
    seeds: `${seed}`,
    backend,
  };
}

/** A name for a run, of the first words of its prompt. */
export function nameOfPrompt(prompt: string): string {
  const words = prompt
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()
    .slice(0, 48)
    .trim();
  return words || "generation";
}

function partsOf(text: string, separator: string): string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter(Boolean);
}

/** Parted by commas or blanks. */
const numbersOf = (text: string): number[] => partsOf(text.replace(/[\s,]+/g, ","), ",").map(Number);
const numberOf = (text: string): number | undefined => (text.trim() === "" ? undefined : Number(text));

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without what is undefined. */
function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;
}
