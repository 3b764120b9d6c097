import type { Generation } from "@loramill/contracts";

/**
 * The `parameters` text that AUTOMATIC1111's web UI writes into its pictures and that most other tools read: prompt,
 * negative prompt, one line of settings.
 */
export function parametersText(generation: Generation, version: string): string {
  const { prompt, negativePrompt, loras } = generation;
  const tags = loras.map(({ name, strength }) => `<lora:${plainName(name)}:${strength}>`).join(" ");
  const hashes = loras.map(({ name, tensorsSha256 }) => `${plainName(name)}: ${tensorsSha256.slice(0, 12)}`).join(", ");
  const settings: readonly (readonly [string, string | number])[] = [
    ["Steps", generation.steps],
    ["Sampler", generation.sampler],
    ["CFG scale", generation.guidance],
    ["Seed", generation.seed],
    ["Size", `${generation.width}x${generation.height}`],
    ["Model", generation.baseModel],
    ...(hashes === "" ? [] : ([["Lora hashes", hashes]] as const)),
    ["Version", version],
  ];
  return [
    tags === "" ? prompt : `${prompt} ${tags}`,
    ...(negativePrompt === "" ? [] : [`Negative prompt: ${negativePrompt}`]),
    settings.map(([key, value]) => `${key}: ${quoted(String(value))}`).join(", "),
  ].join("\n");
}

/** Names in tags and hash lists cannot hold the characters that separate them. */
function plainName(name: string): string {
  return name.replace(/[:,<>]/g, "");
}

/** Values that hold a separator are written as JSON strings. */
function quoted(value: string): string {
  return /[,:\n]/.test(value) ? JSON.stringify(value) : value;
}
