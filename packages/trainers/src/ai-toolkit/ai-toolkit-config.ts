import { type Recipe, stepsOf } from "@loramill/contracts";
import { stringify } from "yaml";
import { predictsNoise } from "../noise-issues.ts";
import { OUTPUT_NAME, type TrainerInput } from "../trainer-adapter.ts";
import { expertSettings } from "./expert-settings.ts";

const ARCHITECTURES: Readonly<Partial<Record<Recipe["family"], string>>> = {
  sd15: "sd15",
  sdxl: "sdxl",
  sd3: "sd3",
  flux: "flux",
  wan22: "wan22_14b",
  flux2: "flux2",
  "qwen-image": "qwen_image",
  "z-image": "zimage",
};

/** Types of quanto, by which the frozen base is kept. */
const QUANTISATIONS: Readonly<Record<Exclude<Recipe["baseQuantisation"], "none">, string>> = {
  int8: "qint8",
  fp8: "qfloat8",
  nf4: "qint4",
};

/** How noise levels are drawn in flow matching; its `linear` is even, its `sigmoid` is what others call logit-normal. */
const TIMESTEPS: Readonly<Record<Recipe["timestepSampling"], string>> = {
  uniform: "linear",
  sigmoid: "sigmoid",
  "logit-normal": "sigmoid",
  shift: "shift",
  "flux-shift": "flux_shift",
};

/** Optimiser steps that one expert is trained for before the other's turn: a change moves 14 GB to the GPU and back. */
const STEPS_PER_TURN = 10;

/** The job file of `run.py`. The captions hold the trigger word already, so the trainer's own is left out. */
export function aiToolkitConfig({ recipe, place }: TrainerInput): string {
  const sampler = predictsNoise(recipe.family) ? "ddpm" : "flowmatch";
  const draws = recipe.sampleEverySteps > 0 && recipe.samplePrompts.length > 0;
  const { experts } = recipe;
  const [own = recipe] = expertSettings(recipe);
  const process = {
    type: "sd_trainer",
    training_folder: place.output,
    training_seed: recipe.seed,
    device: "cuda:0",
    network: {
      type: "lora",
      linear: own.rank,
      linear_alpha: own.alpha,
      ...(recipe.convRank > 0 ? { conv: recipe.convRank, conv_alpha: recipe.convAlpha } : {}),
      ...(recipe.networkDropout > 0 ? { dropout: recipe.networkDropout } : {}),
      ...(experts === null ? {} : { split_multistage_loras: true }),
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
      steps: stepsOf(recipe),
      // Its `gradient_accumulation_steps` would count every batch as a step.
      gradient_accumulation: recipe.gradientAccumulation,
      train_unet: true,
      train_text_encoder: recipe.trainTextEncoder,
      gradient_checkpointing: recipe.gradientCheckpointing,
      noise_scheduler: sampler,
      // It counts batches, of which a step takes as many as it accumulates.
      ...(experts === null ? {} : { switch_boundary_every: STEPS_PER_TURN * recipe.gradientAccumulation }),
      optimizer: recipe.optimiser,
      ...(Object.keys(recipe.optimiserArgs).length === 0 ? {} : { optimizer_params: recipe.optimiserArgs }),
      lr: own.learningRate,
      ...scheduleOf(recipe),
      dtype: recipe.mixedPrecision,
      ...(recipe.minSnrGamma > 0 ? { min_snr_gamma: recipe.minSnrGamma } : {}),
      ...(recipe.noiseOffset > 0 ? { noise_offset: recipe.noiseOffset } : {}),
      ...(predictsNoise(recipe.family) ? {} : { timestep_type: TIMESTEPS[recipe.timestepSampling] }),
      ...(recipe.regularisation === null ? {} : { reg_weight: recipe.regularisation.weight }),
      ...(recipe.emaDecay > 0 ? { ema_config: { use_ema: true, ema_decay: recipe.emaDecay } } : {}),
      disable_sampling: !draws,
      skip_first_sample: true,
    },
    model: {
      name_or_path: place.models.base ?? recipe.baseModel,
      arch: ARCHITECTURES[recipe.family] ?? recipe.family,
      quantize: recipe.baseQuantisation !== "none",
      quantize_te: recipe.baseQuantisation !== "none",
      ...(recipe.baseQuantisation === "none"
        ? {}
        : { qtype: QUANTISATIONS[recipe.baseQuantisation], qtype_te: QUANTISATIONS[recipe.baseQuantisation] }),
      ...(experts === null
        ? {}
        : {
            // The expert that is not trained waits in the machine's memory.
            low_vram: true,
            model_kwargs: { train_high_noise: experts.high !== null, train_low_noise: experts.low !== null },
          }),
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
            ...(experts === null ? {} : { num_frames: 1, fps: 16 }),
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

/** A warm-up is a schedule of its own here. */
function scheduleOf({ scheduler, warmupSteps }: Recipe) {
  if (scheduler !== "constant" || warmupSteps === 0) return { lr_scheduler: scheduler };
  return { lr_scheduler: "constant_with_warmup", lr_scheduler_params: { num_warmup_steps: warmupSteps } };
}

/** Encoded captions are the same at every step, and those of a trained encoder would grow old. */
const cachesCaptions = (recipe: Recipe): boolean =>
  recipe.textCaching !== "none" && !recipe.trainTextEncoder && !recipe.shuffleTokens && recipe.captionDropout === 0;

function datasetOf(recipe: Recipe, folder: string, repeats: number, isReg: boolean) {
  return {
    folder_path: folder,
    caption_ext: "txt",
    caption_dropout_rate: recipe.captionDropout,
    shuffle_tokens: recipe.shuffleTokens,
    cache_latents_to_disk: recipe.latentCaching === "disk",
    ...(recipe.latentCaching === "memory" ? { cache_latents: true } : {}),
    ...(cachesCaptions(recipe) ? { cache_text_embeddings: true } : {}),
    resolution: [recipe.resolution],
    num_repeats: repeats,
    flip_x: recipe.horizontalFlip,
    is_reg: isReg,
  };
}
