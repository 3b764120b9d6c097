import { type ModelFamily, Recipe } from "@loramill/contracts";
import { definePreset } from "../presets/define-preset.ts";
import { estimateVram } from "./estimate-vram.ts";

/** GPU memory of a training by the family's own recipe, in bytes. */
export function usualVramBytes(family: ModelFamily): number {
  const { template } = definePreset({ name: family, family, summary: "", choices: {} });
  const { epochs: _epochs, ...rest } = template;
  return estimateVram(Recipe.parse({ ...rest, steps: rest.steps ?? 1 })).bytes.p50;
}
