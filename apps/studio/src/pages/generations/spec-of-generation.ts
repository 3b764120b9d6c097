import type { GenerationView, RunSpecInput } from "@loramill/contracts";
import { nameOfPrompt } from "../generate/generate-form.ts";

/**
 * A run that makes exactly this again, in its newest form; null for those whose request was not kept. `called`: names of its
 * LoRAs by the SHA-256 of their files.
 */
export function specOfGeneration(
  { record, project, prompt, backend, kind }: GenerationView,
  called: ReadonlyMap<string, string>,
): RunSpecInput | null {
  const spec = record?.spec;
  if (spec === undefined) return null;
  const name = nameOfPrompt(prompt || kind);
  if (!("prompt" in spec)) return { name, project, generate: { request: spec, backend: backend as "auto" } };
  const { prompt: _prompt, seed, loras: uses, ...request } = spec;
  const applied = record?.loras ?? [];
  // How a LoRA was used beside its strength, such as a schedule; where some were left away nothing tells whose it was.
  const isWhole =
    uses.length === applied.length && uses.every(({ strength }, at) => strength === applied[at]?.strength);
  const loras = applied.map(({ name: told, sha256, strength }, at) => ({
    ...(isWhole ? uses[at] : {}),
    ...{ lora: called.get(sha256) ?? told, strength },
  }));
  return {
    name,
    project,
    generate: {
      mode: "manual",
      prompts: [spec.prompt],
      seeds: [seed],
      request: { ...request, ...(loras.length === 0 ? {} : { loras }) },
      backend: backend as "auto",
    },
  };
}
