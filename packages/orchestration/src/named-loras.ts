import { type GenerateSpec, type Json, MAIN_LORA, readLoraTags } from "@loramill/contracts";

/** The LoRAs of the library that a spec names beside its main one: in its request, prompts and variations; each once. */
export function namedLoras({ request, prompts, vary }: GenerateSpec): string[] {
  const regions = request !== undefined && "regions" in request ? (request.regions?.list ?? []) : [];
  const uses =
    request !== undefined && "loras" in request ? [...request.loras, ...regions.flatMap((r) => r.loras)] : [];
  const tagged = prompts.flatMap((prompt) => readLoraTags(prompt).loras);
  const varied = Object.entries(vary).flatMap(([field, values]) =>
    /(^|\.)loras(\.|$)/.test(field) ? values.flatMap((value) => namesIn(value, field.endsWith(".lora"))) : [],
  );
  const names = [...uses.map((use) => use.lora), ...tagged.map((use) => use.lora), ...varied];
  return [...new Set(names)].filter((name) => name !== MAIN_LORA);
}

/** Of a value that a field of `loras` takes: one use, a list of them, or a bare name. */
function namesIn(value: Json | undefined, isName: boolean): string[] {
  if (typeof value === "string") return isName ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((entry) => namesIn(entry, false));
  return typeof value === "object" && value !== null ? namesIn(value.lora, true) : [];
}
