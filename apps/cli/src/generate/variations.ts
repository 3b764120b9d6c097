import { type Json, UserError } from "@loramill/contracts";
import type { GenerateOptions, LoraOption, Pair } from "./generate-options.ts";

/** Short names of fields that are often varied. */
const SHORT: Readonly<Record<string, string>> = {
  steps: "sampling.steps",
  guidance: "sampling.guidance",
  sampler: "sampling.sampler",
  scheduler: "sampling.scheduler",
  shift: "sampling.shift",
  checkpoint: "model.files.checkpoint",
};

export interface Variations {
  readonly vary: Record<string, Json[]>;
  readonly seeds?: number[];
  readonly strengths?: number[];
  /** The LoRA whose place others take in turn. */
  readonly lora?: LoraOption;
}

/**
 * What `--vary field=a,b` and repeated files ask for. Seeds and strengths are lists of the spec, every other field is varied
 * by its path; `lora` varies a LoRA of the request behind `lorasBefore` others.
 */
export function variationsOf(
  options: GenerateOptions,
  { lorasBefore, kind }: { readonly lorasBefore: number; readonly kind: Json | undefined },
): Variations {
  const vary: Record<string, Json[]> = {};
  let rest: Omit<Variations, "vary"> = {};
  for (const [field, list] of options.vary ?? []) {
    const values = list.split(",");
    if (field === "seed") rest = { ...rest, seeds: asNumbers([field, list], values) };
    else if (field === "strength") rest = { ...rest, strengths: asNumbers([field, list], values) };
    else if (field === "lora") {
      rest = { ...rest, lora: { lora: values[0] ?? "" } };
      vary[`loras.${lorasBefore}.lora`] = values;
    } else vary[SHORT[field] ?? field] = values.map(asJson);
  }
  for (const field of ["image", "clip"] as const) {
    const files = options[field] ?? [];
    if (files.length > 1) vary[field === "image" && kind === "image-to-video" ? "first" : field] = [...files];
  }
  return { ...rest, vary };
}

function asNumbers([field, list]: Pair, values: readonly string[]): number[] {
  const numbers = values.map(Number);
  if (numbers.every(Number.isFinite)) return numbers;
  throw new UserError(`--vary ${field}=${list}: ${field} takes numbers`, { code: "bad-variation" });
}

/** Numbers and true or false as such, everything else as text. */
function asJson(text: string): Json {
  if (text === "true" || text === "false") return text === "true";
  const value = Number(text);
  return text.trim() !== "" && Number.isFinite(value) ? value : text;
}
