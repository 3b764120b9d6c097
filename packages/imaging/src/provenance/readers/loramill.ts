import { digitsOf, listOf, numberOf, parseRecord, recordOf, textOf } from "../json.ts";
import { nothingSaid, type Reading } from "../reading.ts";

/**
 * Our own record. What it does not say under the names it should have, because a later version keeps it elsewhere, the
 * text for A1111 beside it says.
 */
export function readLoramill(text: string | null | undefined, beside: Reading | null): Reading | null {
  const record = parseRecord(text);
  if (record === null) return null;
  const settings = beside?.settings ?? nothingSaid;
  const model = textOf(record.baseModel);
  const loras = listOf(record.loras).flatMap((given) => {
    const { name, strength, tensorsSha256 } = recordOf(given);
    return typeof name === "string" ? [{ name, weight: numberOf(strength), hash: textOf(tensorsSha256) }] : [];
  });
  return {
    tool: "loramill",
    prompt: typeof record.prompt === "string" ? record.prompt : (beside?.prompt ?? ""),
    negativePrompt: typeof record.negativePrompt === "string" ? record.negativePrompt : (beside?.negativePrompt ?? ""),
    settings: {
      seed: digitsOf(record.seed) ?? settings.seed,
      steps: numberOf(record.steps) ?? settings.steps,
      guidance: numberOf(record.guidance) ?? settings.guidance,
      sampler: textOf(record.sampler) ?? settings.sampler,
      scheduler: textOf(record.scheduler) ?? settings.scheduler,
      width: numberOf(record.width) ?? settings.width,
      height: numberOf(record.height) ?? settings.height,
      denoisingStrength: numberOf(record.denoisingStrength) ?? settings.denoisingStrength,
      clipSkip: numberOf(record.clipSkip) ?? settings.clipSkip,
    },
    model: model === null ? (beside?.model ?? null) : { name: model, hash: beside?.model?.hash ?? null },
    loras: loras.length > 0 ? loras : (beside?.loras ?? []),
    other: beside?.other ?? {},
  };
}
