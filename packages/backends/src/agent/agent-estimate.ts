import type { Recipe, TrainingEstimate } from "@loramill/contracts";

/** Seconds of one picture in one step at the family's own size on a card of 24 GB, and the memory of its base. */
const FAMILIES: Readonly<Partial<Record<Recipe["family"], { side: number; seconds: number; gigabytes: number }>>> = {
  sd15: { side: 512, seconds: 0.25, gigabytes: 7 },
  sdxl: { side: 1024, seconds: 0.9, gigabytes: 12 },
  sd3: { side: 1024, seconds: 1.6, gigabytes: 20 },
  flux: { side: 1024, seconds: 2.2, gigabytes: 22 },
  flux2: { side: 1024, seconds: 4, gigabytes: 40 },
  "qwen-image": { side: 1024, seconds: 3, gigabytes: 30 },
  "z-image": { side: 1024, seconds: 1.6, gigabytes: 18 },
};
/** Loading a base model and encoding the pictures. */
const START_SECONDS = 180;

/** A rough figure before anything of the kind has been trained; the pessimistic one is for a slow card. */
export function estimateOnAgent(recipe: Recipe, usdPerHour: number): TrainingEstimate {
  const { side, seconds, gigabytes } = FAMILIES[recipe.family] ?? { side: 1024, seconds: 2, gigabytes: 24 };
  const pictures = recipe.steps * recipe.batchSize * recipe.gradientAccumulation;
  const again = recipe.gradientCheckpointing ? 1.3 : 1;
  const p50 = START_SECONDS + pictures * seconds * again * (recipe.resolution / side) ** 2;
  const cost = (duration: number) => Math.ceil((duration / 3_600) * usdPerHour * recipe.gpus * 1_000_000);
  return {
    seconds: { p50, p90: p50 * 2.5 },
    vramBytes: gigabytes * 1024 ** 3,
    costMicroUsd: { p50: cost(p50), p90: cost(p50 * 2.5) },
  };
}
