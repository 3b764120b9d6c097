import type { Recipe } from "@loramill/contracts";
import { stringify } from "smol-toml";
import type { TrainerInput } from "../trainer-adapter.ts";

/** `--dataset_config`. The captions hold the trigger word already, so there are no class tokens. */
export function datasetConfig({ recipe, place }: TrainerInput): string {
  const subsets = [
    { image_dir: place.images, num_repeats: recipe.repeats },
    ...(place.regularisation === null
      ? []
      : [{ image_dir: place.regularisation, num_repeats: recipe.regularisation?.repeats ?? 1, is_reg: true }]),
  ];
  return stringify({
    general: {
      caption_extension: ".txt",
      shuffle_caption: recipe.shuffleTokens,
      keep_tokens: recipe.keepTokens,
      caption_dropout_rate: recipe.captionDropout,
      flip_aug: recipe.horizontalFlip,
      color_aug: recipe.colourJitter,
      random_crop: recipe.randomCrop,
    },
    datasets: [
      {
        resolution: recipe.resolution,
        batch_size: recipe.batchSize,
        enable_bucket: recipe.buckets,
        ...(recipe.buckets
          ? {
              min_bucket_reso: recipe.bucketMinSide,
              max_bucket_reso: recipe.bucketMaxSide,
              bucket_reso_steps: recipe.bucketStep,
              bucket_no_upscale: !recipe.bucketUpscale,
            }
          : {}),
        subsets,
      },
    ],
  });
}

/** Prompts as JSON and not as the text format, in which a prompt could set options; null when none are drawn. */
export function samplePrompts(recipe: Recipe): string | null {
  if (recipe.sampleEverySteps === 0 || recipe.samplePrompts.length === 0) return null;
  const side = recipe.resolution;
  const prompts = recipe.samplePrompts.map((prompt) => ({ prompt, width: side, height: side, seed: recipe.seed }));
  return `${JSON.stringify(prompts, null, 2)}\n`;
}
