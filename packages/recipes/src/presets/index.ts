import type { ModelFamily, RecipeTemplate } from "@loramill/contracts";
import { definePreset, type Preset } from "./define-preset.ts";
import { fast, highQuality, memoryEfficient, quality } from "./purposes.ts";

/** The recipe to start with for a family, as its entry has it. */
const ofFamily = (family: ModelFamily, name: string, summary: string): Preset =>
  definePreset({ name, family, summary, choices: {} });

const named = {
  pocket: ofFamily("pocket", "pocket", "the embedded engine: half a minute on a laptop's CPU"),
  sdxl: ofFamily("sdxl", "sdxl", "SDXL at 1024 pixels, rank 32: the usual choice on a card of 12 GB or more"),
  sd15: ofFamily("sd15", "sd15", "SD 1.5 at 512 pixels, rank 16: on a card of 8 GB"),
  sd3: ofFamily("sd3", "sd3", "SD 3.5 Large at 1024 pixels, rank 16"),
  flux: ofFamily("flux", "flux", "Flux.1 dev at 1024 pixels, rank 16, quantised base: on a card of 24 GB"),
  wan22: ofFamily("wan22", "wan22", "Wan 2.2 14B, both experts, rank 32: for videos, trained on pictures"),
  fast,
  "high-quality": highQuality,
  "memory-efficient": memoryEfficient,
  quality,
} as const;
export type PresetName = keyof typeof named;

/** Every preset, in the order in which they are listed. */
export const presetList: readonly Preset[] = Object.values(named);

/** The presets' recipes by name. */
export const presets = Object.fromEntries(
  Object.entries(named).map(([name, { template }]) => [name, template]),
) as Readonly<Record<PresetName, RecipeTemplate>>;
