import { digitsOf, type JsonRecord, listOf, numberOf, parseRecord, textOf } from "../json.ts";
import { plainFileName, type Reading, type ReadLora } from "../reading.ts";
import { readA1111 } from "./a1111.ts";

/** Fooocus's JSON in the place of A1111's text, or that text under the scheme `a1111`; null for another. */
export function readFooocus(text: string | undefined, scheme: string | undefined): Reading | null {
  if (text === undefined) return null;
  const metadata = parseRecord(text);
  if (metadata === null) {
    const reading = scheme === "a1111" || scheme === "fooocus" ? readA1111(text) : null;
    return reading && { ...reading, tool: "fooocus" };
  }
  if (scheme !== "fooocus" && metadata.metadata_scheme !== "fooocus" && !/^Fooocus/.test(`${metadata.version}`))
    return null;
  const [, width, height] = /(\d{1,6})\D{1,4}(\d{1,6})/.exec(textOf(metadata.resolution) ?? "") ?? [];
  const model = textOf(metadata.base_model);
  return {
    tool: "fooocus",
    prompt: textOf(metadata.prompt) ?? "",
    negativePrompt: textOf(metadata.negative_prompt) ?? "",
    settings: {
      seed: digitsOf(metadata.seed),
      steps: numberOf(metadata.steps),
      guidance: numberOf(metadata.guidance_scale),
      sampler: textOf(metadata.sampler),
      scheduler: textOf(metadata.scheduler),
      width: numberOf(width),
      height: numberOf(height),
      denoisingStrength: null,
      clipSkip: numberOf(metadata.clip_skip),
    },
    model: model === null ? null : { name: plainFileName(model), hash: textOf(metadata.base_model_hash) },
    loras: lorasOf(metadata),
    other: {},
  };
}

/** A list of name, weight and hash; in older files `lora_combined_1: "name : weight"` and so on. */
function lorasOf(metadata: JsonRecord): ReadLora[] {
  const listed = listOf(metadata.loras).flatMap((given) => {
    const [name, weight, hash] = listOf(given);
    return typeof name === "string"
      ? [{ name: plainFileName(name), weight: numberOf(weight), hash: textOf(hash) }]
      : [];
  });
  if (listed.length > 0) return listed;
  return Object.entries(metadata).flatMap(([key, value]) => {
    if (!/^lora_combined_\d+$/.test(key) || typeof value !== "string") return [];
    const colon = value.lastIndexOf(" : ");
    if (colon < 1) return [];
    return [{ name: plainFileName(value.slice(0, colon)), weight: numberOf(value.slice(colon + 3)), hash: null }];
  });
}
