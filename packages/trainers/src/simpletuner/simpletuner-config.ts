import type { Recipe } from "@loramill/contracts";
import { predictsNoise } from "../noise-issues.ts";
import type { TrainerInput } from "../trainer-adapter.ts";

const FAMILIES: Readonly<Partial<Record<Recipe["family"], string>>> = {
  sd15: "sd1x",
  sdxl: "sdxl",
  sd3: "sd3",
  flux: "flux",
  flux2: "flux2",
  "qwen-image": "qwen_image",
  "z-image": "z_image",
};

const QUANTISATIONS: Readonly<Record<Recipe["baseQuantisation"], string>> = {
  none: "no_change",
  int8: "int8-quanto",
  fp8: "fp8-quanto",
  nf4: "nf4-bnb",
};

const OPTIMISERS: Readonly<Partial<Record<Recipe["optimiser"], string>>> = {
  adamw: "adamw_bf16",
  adamw8bit: "bnb-adamw8bit",
  adafactor: "torch-adafactor",
  lion: "bnb-lion",
  lion8bit: "bnb-lion8bit",
};

/** Its `cosine` and `cosine_with_restarts` come back up every `lr_warmup_steps`: they are no schedule of a recipe. */
const SCHEDULERS: Readonly<Partial<Record<Recipe["scheduler"], string>>> = {
  constant: "constant_with_warmup",
  linear: "linear",
  polynomial: "polynomial",
};

/** `config.json`. `prompts` is the file of the prompts to draw; null when none are. */
export function simpleTunerConfig({ recipe, place }: TrainerInput, prompts: string | null): string {
  return print({
    model_family: FAMILIES[recipe.family] ?? recipe.family,
    model_type: "lora",
    lora_type: "standard",
    lora_rank: recipe.rank,
    lora_alpha: recipe.alpha,
    // Left out, it would be 0.1.
    lora_dropout: recipe.networkDropout,
    pretrained_model_name_or_path: place.models.base ?? recipe.baseModel,
    output_dir: place.output,
    data_backend_config: `${place.work}/multidatabackend.json`,
    max_train_steps: recipe.steps,
    num_train_epochs: 0,
    train_batch_size: recipe.batchSize,
    gradient_accumulation_steps: recipe.gradientAccumulation,
    gradient_checkpointing: recipe.gradientCheckpointing,
    learning_rate: recipe.learningRate,
    optimizer: OPTIMISERS[recipe.optimiser] ?? recipe.optimiser,
    lr_scheduler: SCHEDULERS[recipe.scheduler] ?? recipe.scheduler,
    lr_warmup_steps: recipe.warmupSteps,
    // Left out, the end would be a rate that a low peak lies below.
    ...(recipe.scheduler === "polynomial" ? { lr_power: recipe.schedulerPower, lr_end: 0 } : {}),
    ...(recipe.minSnrGamma > 0 ? { snr_gamma: recipe.minSnrGamma } : {}),
    ...(recipe.noiseOffset > 0
      ? { offset_noise: true, noise_offset: recipe.noiseOffset, noise_offset_probability: 1 }
      : {}),
    mixed_precision: "bf16",
    base_model_precision: QUANTISATIONS[recipe.baseQuantisation],
    resolution: recipe.resolution,
    resolution_type: "pixel_area",
    caption_dropout_probability: recipe.captionDropout,
    checkpoint_step_interval: recipe.saveEverySteps,
    checkpoints_total_limit: 2,
    resume_from_checkpoint: "latest",
    seed: recipe.seed,
    ...validationOf(recipe, prompts),
    report_to: "none",
    push_to_hub: false,
  });
}

/** Unless it is told not to, it draws an empty prompt every hundred steps, and all of them with the base model first. */
function validationOf(recipe: Recipe, prompts: string | null) {
  if (prompts === null) return { validation_disable: true };
  return {
    disable_benchmark: true,
    user_prompt_library: prompts,
    validation_disable_unconditional: true,
    validation_step_interval: recipe.sampleEverySteps,
    validation_resolution: `${recipe.resolution}x${recipe.resolution}`,
    validation_num_inference_steps: 20,
    validation_guidance: predictsNoise(recipe.family) ? 6 : 4,
    validation_seed: recipe.seed,
    num_validation_images: 1,
    num_eval_images: 1,
  };
}

/** `prompts.json`: prompts by short names, which stand in the names of their pictures and sort as the prompts do. */
export function promptLibrary(recipe: Recipe): string | null {
  if (recipe.sampleEverySteps === 0 || recipe.samplePrompts.length === 0) return null;
  return print(Object.fromEntries(recipe.samplePrompts.map((prompt, index) => [promptName(index), prompt])));
}

const promptName = (index: number): string => `p${String(index).padStart(2, "0")}`;

/** `multidatabackend.json`: the pictures, and a place for their encoded captions. */
export function backendConfig({ recipe, place }: TrainerInput): string {
  return print([
    {
      id: "pictures",
      type: "local",
      dataset_type: "image",
      instance_data_dir: place.images,
      caption_strategy: "textfile",
      resolution: recipe.resolution,
      resolution_type: "pixel_area",
      minimum_image_size: 0,
      crop: !recipe.buckets,
      crop_style: recipe.randomCrop ? "random" : "center",
      crop_aspect: recipe.buckets ? "preserve" : "square",
      // It counts how often a picture comes again.
      repeats: recipe.repeats - 1,
      cache_dir_vae: `${place.work}/cache/vae`,
    },
    {
      id: "captions",
      type: "local",
      dataset_type: "text_embeds",
      default: true,
      cache_dir: `${place.work}/cache/text`,
    },
  ]);
}

const print = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
