import { digitsOf, listOf, numberOf, parseRecord, recordOf, textOf } from "../json.ts";
import { plainFileName, type Reading } from "../reading.ts";

/** SwarmUI's JSON in the place of A1111's text; null where the text is another. */
export function readSwarmui(text: string | undefined): Reading | null {
  const whole = recordOf(parseRecord(text));
  if (whole.sui_image_params === undefined) return null;
  const params = recordOf(whole.sui_image_params);
  const hashes = new Map(
    listOf(whole.sui_models).map((given) => {
      const { name, hash } = recordOf(given);
      return [plainFileName(textOf(name) ?? ""), textOf(hash)] as const;
    }),
  );
  const model = textOf(params.model);
  const weights = split(params.loraweights);
  return {
    tool: "swarmui",
    prompt: textOf(params.prompt) ?? "",
    negativePrompt: textOf(params.negativeprompt) ?? "",
    settings: {
      seed: digitsOf(params.seed),
      steps: numberOf(params.steps),
      guidance: numberOf(params.cfgscale),
      sampler: textOf(params.sampler),
      scheduler: textOf(params.scheduler),
      width: numberOf(params.width),
      height: numberOf(params.height),
      denoisingStrength: numberOf(params.initimagecreativity),
      clipSkip: null,
    },
    model: model === null ? null : { name: plainFileName(model), hash: hashes.get(plainFileName(model)) ?? null },
    loras: split(params.loras).map((path, index) => {
      const name = plainFileName(path);
      return { name, weight: numberOf(weights[index] ?? 1), hash: hashes.get(name) ?? null };
    }),
    other: {},
  };
}

/** A list, or its members with commas between them. */
function split(value: unknown): string[] {
  if (Array.isArray(value)) return (value as unknown[]).map(String);
  return typeof value === "string" && value !== "" ? value.split(",").map((one) => one.trim()) : [];
}
