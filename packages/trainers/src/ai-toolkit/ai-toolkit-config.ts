import type { Recipe } from "@loramill/contracts";
import { stringify } from "yaml";
import { OUTPUT_NAME, type TrainerInput } from "../trainer-adapter.ts";

const ARCHITECTURES: Readonly<Partial<Record<Recipe["family"], string>>> = {
  sd15: "sd15",
  sdxl: "sdxl",
  sd3: "sd3",
  flux: "flux",
  flux2: "flux2",
  "qwen-image": "qwen_image",
  "z-image": "zimage",
};

/** Families that predict noise; the others are trained by flow matching. */
const predictsNoise = (family: Recipe["family"]): boolean => family === "sd15" || family === "sdxl";

/** The job file of `run.py`. The captions hold the trigger word already, so the trainer's own is left out. */
export function aiToolkitConfig({ recipe, place }: TrainerInput): string {
  const sampler = predictsNoise(recipe.family) ? "ddpm" : "flowmatch";
  const draws = recipe.sampleEverySteps > 0 && recipe.samplePrompts.length > 0;
  const process = {
    type: "sd_trainer",
    training_folder: place.output,
    device: "cuda:0",
    network: {
      type: "lora",
      linear: recipe.rank,
      linear_alpha: recipe.alpha,
      ...(recipe.convRank > 0 ? { conv: recipe.convRank, conv_alpha: recipe.convAlpha } : {}),
    },
    save: {
      dtype: "float16",
      save_every: recipe.saveEverySteps,
      max_step_saves_to_keep: 2,
      save_format: "diffusers",
      push_to_hub: false,
    },
    datasets: [
      datasetOf(recipe, place.images, recipe.repeats, false),
      ...(place.regularisation === null
        ? []
        : [datasetOf(recipe, place.regularisation, recipe.regularisation?.repeats ?? 1, true)]),
    ],
    train: {
      batch_size: recipe.batchSize,
      steps: recipe.steps,
      gradient_accumulation_steps: recipe.gradientAccumulation,
      train_unet: true,
      train_text_encoder: recipe.trainTextEncoder,
      gradient_checkpointing: recipe.gradientCheckpointing,
      noise_scheduler: sampler,
      optimizer: recipe.optimiser,
      ...(Object.keys(recipe.optimiserArgs).length === 0 ? {} : { optimizer_params: recipe.optimiserArgs }),
      lr: recipe.learningRate,
      lr_scheduler: recipe.scheduler,
      dtype: recipe.mixedPrecision,
      ...(recipe.minSnrGamma > 0 ? { min_snr_gamma: recipe.minSnrGamma } : {}),
      ...(recipe.noiseOffset > 0 ? { noise_offset: recipe.noiseOffset } : {}),
      ...(recipe.emaDecay > 0 ? { ema_config: { use_ema: true, ema_decay: recipe.emaDecay } } : {}),
      disable_sampling: !draws,
      skip_first_sample: true,
    },
    model: {
      name_or_path: place.models.base ?? recipe.baseModel,
      arch: ARCHITECTURES[recipe.family] ?? recipe.family,
      quantize: recipe.baseQuantisation !== "none",
      quantize_te: recipe.baseQuantisation !== "none",
    },
    ...(draws
      ? {
          sample: {
            sampler,
            sample_every: recipe.sampleEverySteps,
            width: recipe.resolution,
            height: recipe.resolution,
            prompts: [...recipe.samplePrompts],
            neg: "",
            seed: recipe.seed,
            walk_seed: true,
            guidance_scale: predictsNoise(recipe.family) ? 6 : 4,
            sample_steps: 20,
          },
        }
      : {}),
  };
  const job = {
    job: "extension",
    config: { name: OUTPUT_NAME, process: [process] },
    meta: { name: "[name]", version: "1.0" },
  };
  return stringify(job, { lineWidth: 0 });
}

function datasetOf(recipe: Recipe, folder: string, repeats: number, isReg: boolean) {
  return {
    folder_path: folder,
    caption_ext: "txt",
    caption_dropout_rate: recipe.captionDropout,
    shuffle_tokens: recipe.shuffleTokens,
    cache_latents_to_disk: recipe.latentCaching === "disk",
    ...(recipe.latentCaching === "memory" ? { cache_latents: true } : {}),
    resolution: [recipe.resolution],
    num_repeats: repeats,
    flip_x: recipe.horizontalFlip,
    is_reg: isReg,
  };
}
