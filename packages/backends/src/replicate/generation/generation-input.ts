import type { GenerationSpec, LoraUse, SpecIssue, SpecOf } from "@loramill/contracts";
import type { ModelInputs, ModelProperty } from "./model-inputs.ts";
import { sayPictureSize } from "./picture-size.ts";

type Value = string | number | boolean;
export type Asked = SpecOf<"text-to-image" | "image-to-image" | "inpaint">;

/** What a model is sent for a spec, but for what lies in the store: files and LoRAs have no address yet. */
export interface GenerationInput {
  readonly input: Readonly<Record<string, Value>>;
  /** Input of the model → what the spec calls the file. */
  readonly files: Readonly<Record<string, string>>;
  /** Input of the model → what the spec calls the LoRA. */
  readonly loras: Readonly<Record<string, string>>;
  readonly issues: readonly SpecIssue[];
}

/** What models call a choice of a spec; the first name that a model knows is used. */
const NAMES = {
  prompt: ["prompt"],
  negativePrompt: ["negative_prompt"],
  seed: ["seed"],
  image: ["image", "input_image", "init_image"],
  mask: ["mask", "mask_image"],
  denoise: ["prompt_strength", "strength", "denoise"],
  "sampling.steps": ["num_inference_steps", "steps"],
  "sampling.sampler": ["scheduler", "sampler"],
  "sampling.shift": ["shift"],
  "sampling.clipSkip": ["clip_skip"],
} as const;
type Field = keyof typeof NAMES;
/** A LoRA's address and its strength. */
const LORA_SLOTS = [
  ["lora_weights", "lora_scale"],
  ["hf_lora", "lora_scale"],
  ["extra_lora", "extra_lora_scale"],
] as const;
export const MAX_LORAS = 2;
export const MAX_SIDE_PIXELS = 2048;
export const SIDE_STEP = 16;
const KINDS: readonly GenerationSpec["kind"][] = ["text-to-image", "image-to-image", "inpaint"];

export const isAsked = (spec: GenerationSpec): spec is Asked => KINDS.includes(spec.kind);

/** What no model here can do, whatever its inputs. */
export function checkAnyModel(spec: GenerationSpec, families: readonly string[]): SpecIssue[] {
  const error = (field: string, message: string): SpecIssue => ({ field, severity: "error", message });
  if (!isAsked(spec)) return [error("kind", `models on Replicate make no ${spec.kind} here: choose another backend`)];
  if (!families.includes(spec.model.family)) {
    return [error("model.family", `name a model for ${spec.model.family} in REPLICATE_GENERATION_MODELS`)];
  }
  const given = spec as { readonly width?: number; readonly height?: number };
  const unknown = [
    ...(["controls", "imagePrompts"] as const).filter((field) => spec[field].length > 0),
    ...(["regions", "hires"] as const).filter((field) => field in spec && spec[field as never] !== undefined),
    ...("moreSeeds" in spec && spec.moreSeeds.length > 0 ? ["moreSeeds"] : []),
    ...(spec.kind === "inpaint" && spec.method !== "auto" ? ["method"] : []),
    ...(spec.sampling.scheduler === undefined ? [] : ["sampling.scheduler"]),
  ];
  return [
    ...(["width", "height"] as const)
      .filter((side) => (given[side] ?? 0) > MAX_SIDE_PIXELS)
      .map((side) => error(side, `${given[side]} is longer than ${MAX_SIDE_PIXELS}: draw smaller and upscale`)),
    ...unknown.map((field) => error(field, "models on Replicate have no input for it: choose another backend")),
    ...spec.loras.flatMap(checkLora),
  ];
}

/** The input of a model for a spec, in the model's own names; what it has no input for is named in `issues`. */
export function generationInput(spec: Asked, inputs: ModelInputs): GenerationInput {
  const { properties } = inputs;
  const input: Record<string, Value> = {};
  const files: Record<string, string> = {};
  const loras: Record<string, string> = {};
  const issues: SpecIssue[] = [];
  const report = (severity: SpecIssue["severity"], field: string, message: string) =>
    void issues.push({ field, severity, message });
  const findName = (names: readonly string[]) => names.find((name) => Object.hasOwn(properties, name));
  const put = (field: string, names: readonly string[], value: Value) => {
    const name = findName(names);
    if (name === undefined) return report("error", field, "the model has no input for it: leave it out");
    const misfit = misfitOf(value, properties[name] ?? {});
    if (misfit !== null) report("error", field, `the model does not take ${value}; it takes ${misfit}`);
    else input[name] = value;
  };
  const give = (field: Field, value: Value | undefined) => {
    if (value !== undefined) put(field, NAMES[field], value);
  };

  give("prompt", spec.prompt);
  give("negativePrompt", spec.negativePrompt === "" ? undefined : spec.negativePrompt);
  if (findName(NAMES.seed) === undefined) report("warning", "seed", "the model draws another picture every time");
  else give("seed", spec.seed);
  const { steps, sampler, shift, clipSkip } = spec.sampling;
  give("sampling.steps", steps);
  give("sampling.sampler", sampler);
  give("sampling.shift", shift);
  give("sampling.clipSkip", clipSkip);
  giveGuidance();
  giveSize();
  giveFiles();
  for (const [at, use] of spec.loras.filter(({ strength }) => strength > 0).entries()) giveLora(use, at);
  giveFormat();
  for (const name of inputs.required) {
    if (Object.hasOwn(input, name) || Object.hasOwn(files, name) || Object.hasOwn(loras, name)) continue;
    report("error", "model", `the model requires ${name}: choose another in REPLICATE_GENERATION_MODELS`);
  }
  return { input, files, loras, issues };

  /** Models of Flux take the guidance that was distilled into them; the others lead away from the negative prompt. */
  function giveGuidance(): void {
    const { guidance, distilledGuidance } = spec.sampling;
    const names = ["guidance_scale", "guidance", "cfg"];
    if (spec.model.family !== "flux") {
      if (guidance !== undefined) put("sampling.guidance", names, guidance);
      if (distilledGuidance !== undefined) report("warning", "sampling.distilledGuidance", "is only Flux's: no effect");
      return;
    }
    if (distilledGuidance !== undefined) put("sampling.distilledGuidance", names, distilledGuidance);
    if (guidance !== undefined && guidance !== 1) {
      report("error", "sampling.guidance", "Flux draws at guidance 1: give sampling.distilledGuidance");
    }
  }

  function giveSize(): void {
    const { width, height } = spec as { readonly width?: number; readonly height?: number };
    if (width === undefined && height === undefined) return;
    const size = { width: width ?? height ?? 0, height: height ?? width ?? 0 };
    const said = sayPictureSize(size, inputs);
    if (said.kind === "refused") {
      report("error", "width", said.message);
      return;
    }
    for (const [name, value] of Object.entries(said.input)) put(name === "height" ? name : "width", [name], value);
    if (said.note !== null) report("warning", "width", said.note);
  }

  function giveFiles(): void {
    if (spec.kind === "text-to-image") return;
    giveFile("image", spec.image);
    if (spec.kind === "inpaint") {
      if (spec.mask === undefined) report("error", "mask", "give a mask: models on Replicate do not read transparency");
      else giveFile("mask", spec.mask);
    }
    if (findName(NAMES.denoise) !== undefined) give("denoise", spec.denoise);
    else if (spec.kind === "image-to-image") report("error", "denoise", "the model has no input for it");
  }

  function giveFile(field: "image" | "mask", called: string): void {
    const name = findName(NAMES[field]);
    if (name === undefined) report("error", field, "the model takes none: choose another backend");
    else files[name] = called;
  }

  function giveLora({ lora, strength }: LoraUse, at: number): void {
    const [weights, scale] =
      LORA_SLOTS.find(([name]) => Object.hasOwn(properties, name) && loras[name] === undefined) ?? [];
    if (weights === undefined || scale === undefined) {
      // Not an error: a run may go on without a LoRA.
      report("warning", `loras.${at}`, "the model has no input for this LoRA");
      return;
    }
    loras[weights] = lora;
    put(`loras.${at}.strength`, [scale], strength);
  }

  /** Without loss where the model can: the format that was asked for is made of it. */
  function giveFormat(): void {
    const choices = properties.output_format?.enum ?? [];
    if (choices.includes("png")) input.output_format = "png";
    if (Object.hasOwn(properties, "num_outputs")) input.num_outputs = 1;
  }
}

function checkLora({ schedule, noise, textStrength, strength }: LoraUse, at: number): SpecIssue[] {
  const odd = [
    ...(schedule === undefined ? [] : ["schedule"]),
    ...(noise === undefined || noise === "both" ? [] : ["noise"]),
    ...(textStrength === undefined || textStrength === strength ? [] : ["textStrength"]),
  ];
  const message = "models on Replicate apply a LoRA with one strength: leave it out";
  return odd.map((field) => ({ field: `loras.${at}.${field}`, severity: "error", message }));
}

/** What an input takes, in words, where a value is none of it. */
function misfitOf(value: Value, property: ModelProperty): string | null {
  if (property.enum !== undefined && !property.enum.includes(value)) return property.enum.join(", ");
  if (typeof value !== "number") return null;
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY, multipleOf } = property;
  const range = [minimum, maximum].map((end) => (Number.isFinite(end) ? `${end}` : "…")).join(" to ");
  if (value < minimum || value > maximum) return range;
  return multipleOf !== undefined && value % multipleOf !== 0 ? `multiples of ${multipleOf}` : null;
}
