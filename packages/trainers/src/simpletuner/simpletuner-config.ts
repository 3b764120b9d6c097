import type { Recipe } from "@loramill/contracts";
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

const SCHEDULERS: Readonly<Record<Recipe["scheduler"], string>> = {
  constant: "constant_with_warmup",
  linear: "linear",
  cosine: "cosine",
  "cosine-restarts": "cosine_with_restarts",
  polynomial: "polynomial",
};

/** `config.json`. */
export function simpleTunerConfig({ recipe, place }: TrainerInput): string {
  return print({
    model_family: FAMILIES[recipe.family] ?? recipe.family,
    model_type: "lora",
    lora_type: "standard",
    lora_rank: recipe.rank,
    lora_alpha: recipe.alpha,
    pretrained_model_name_or_path: place.models.base ?? recipe.baseModel,
    output_dir: place.output,
    data_backend_config: `${place.work}/multidatabackend.json`,
    max_train_steps: recipe.steps,
    num_train_epochs: 0,
    train_batch_size: recipe.batchSize,
    gradient_accumulation_steps: recipe.gradientAccumulation,
    gradient_checkpointing: recipe.gradientCheckpointing,
    learning_rate: recipe.learningRate,
    optimizer: "adamw_bf16",
    lr_scheduler: SCHEDULERS[recipe.scheduler],
    lr_warmup_steps: recipe.warmupSteps,
    mixed_precision: "bf16",
    base_model_precision: QUANTISATIONS[recipe.baseQuantisation],
    resolution: recipe.resolution,
    resolution_type: "pixel_area",
    caption_dropout_probability: recipe.captionDropout,
    checkpoint_step_interval: recipe.saveEverySteps,
    checkpoints_total_limit: 2,
    resume_from_checkpoint: "latest",
    seed: recipe.seed,
    report_to: "none",
    push_to_hub: false,
  });
}

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
