import { type Recipe, UserError } from "@loramill/contracts";
import { stringify } from "smol-toml";
import { OUTPUT_NAME, type TrainerInput } from "../trainer-adapter.ts";
import type { SdScriptsKey } from "./sd-scripts-keys.ts";

type Value = string | number | boolean | readonly (string | number)[];
/** Unknown keys would be taken without a word by the trainer, so the compiler refuses them here. */
type TrainConfig = Partial<Record<SdScriptsKey, Value>>;

const OPTIMISERS: Readonly<Record<Recipe["optimiser"], string>> = {
  adamw: "AdamW",
  adamw8bit: "AdamW8bit",
  adafactor: "AdaFactor",
  prodigy: "Prodigy",
  lion: "Lion",
  lion8bit: "Lion8bit",
};

const SCHEDULERS: Readonly<Record<Recipe["scheduler"], string>> = {
  constant: "constant_with_warmup",
  linear: "linear",
  cosine: "cosine",
  "cosine-restarts": "cosine_with_restarts",
  polynomial: "polynomial",
};

/** Sigmoid of a normal draw is what others call logit-normal. */
const TIMESTEPS: Readonly<Record<Recipe["timestepSampling"], string>> = {
  uniform: "uniform",
  sigmoid: "sigmoid",
  "logit-normal": "sigmoid",
  shift: "shift",
  "flux-shift": "flux_shift",
};

/** `--config_file`. UserError `model-files-missing` when the family needs files that the base model does not name. */
export function trainConfig(
  input: TrainerInput,
  paths: { readonly state: string | null; readonly prompts: string | null },
): string {
  const { recipe, place } = input;
  const config: TrainConfig = {
    pretrained_model_name_or_path: place.models.base ?? recipe.baseModel,
    output_dir: place.output,
    output_name: OUTPUT_NAME,
    save_model_as: "safetensors",
    save_precision: "fp16",
    save_every_n_steps: recipe.saveEverySteps,
    // What is older was uploaded or given up; a full disk would end the training.
    save_last_n_steps: 2 * recipe.saveEverySteps,
    save_last_n_steps_state: 2 * recipe.saveEverySteps,
    save_state: true,
    ...(paths.state === null ? {} : { resume: paths.state }),
    ...networkOf(recipe),
    ...ratesOf(recipe),
    max_train_steps: recipe.steps,
    mixed_precision: recipe.mixedPrecision === "fp32" ? "no" : recipe.mixedPrecision,
    gradient_checkpointing: recipe.gradientCheckpointing,
    gradient_accumulation_steps: recipe.gradientAccumulation,
    seed: recipe.seed,
    sdpa: true,
    cache_latents: recipe.latentCaching !== "none",
    cache_latents_to_disk: recipe.latentCaching === "disk",
    ...(recipe.noiseOffset > 0 ? { noise_offset: recipe.noiseOffset } : {}),
    ...(recipe.minSnrGamma > 0 ? { min_snr_gamma: recipe.minSnrGamma } : {}),
    ...(recipe.regularisation === null ? {} : { prior_loss_weight: recipe.regularisation.weight }),
    ...(recipe.baseQuantisation === "fp8" ? { fp8_base: true } : {}),
    ...(recipe.blockSwap > 0 ? { blocks_to_swap: recipe.blockSwap } : {}),
    ...(paths.prompts === null ? {} : { sample_prompts: paths.prompts, sample_every_n_steps: recipe.sampleEverySteps }),
    ...familyConfig(input),
  };
  return stringify(config);
}

const MODULES: Readonly<Partial<Record<Recipe["family"], string>>> = {
  flux: "networks.lora_flux",
  sd3: "networks.lora_sd3",
};

function networkOf(recipe: Recipe): TrainConfig {
  const args = [
    ...(recipe.convRank > 0 ? [`conv_dim=${recipe.convRank}`, `conv_alpha=${recipe.convAlpha}`] : []),
    ...(recipe.rankDropout > 0 ? [`rank_dropout=${recipe.rankDropout}`] : []),
    ...(recipe.moduleDropout > 0 ? [`module_dropout=${recipe.moduleDropout}`] : []),
  ];
  return {
    network_module: MODULES[recipe.family] ?? "networks.lora",
    network_dim: recipe.rank,
    network_alpha: recipe.alpha,
    ...(recipe.networkDropout > 0 ? { network_dropout: recipe.networkDropout } : {}),
    ...(args.length > 0 ? { network_args: args } : {}),
    network_train_unet_only: !recipe.trainTextEncoder,
  };
}

/** Rates of text encoders that a family's network module reads; that of T5 is written, and unused while T5 is not trained. */
const ENCODER_RATES: Readonly<Partial<Record<Recipe["family"], number>>> = { sdxl: 2, flux: 2, sd3: 3 };

/** Without these, Adafactor would put a rate and a schedule of its own in the place of the recipe's. */
const OWN_RATE = { relative_step: false, scale_parameter: false, warmup_init: false };

function ratesOf(recipe: Recipe): TrainConfig {
  const encoders = ENCODER_RATES[recipe.family] ?? 1;
  const chosen = recipe.optimiser === "adafactor" ? { ...OWN_RATE, ...recipe.optimiserArgs } : recipe.optimiserArgs;
  const args = Object.entries(chosen).map(([name, value]) => `${name}=${pythonOf(value)}`);
  return {
    learning_rate: recipe.learningRate,
    unet_lr: recipe.learningRate,
    ...(recipe.trainTextEncoder
      ? { text_encoder_lr: Array.from({ length: encoders }, () => recipe.textEncoderLearningRate) }
      : {}),
    optimizer_type: OPTIMISERS[recipe.optimiser],
    ...(args.length > 0 ? { optimizer_args: args } : {}),
    lr_scheduler: SCHEDULERS[recipe.scheduler],
    lr_warmup_steps: recipe.warmupSteps,
    ...(recipe.scheduler === "cosine-restarts" ? { lr_scheduler_num_cycles: recipe.schedulerCycles } : {}),
    ...(recipe.scheduler === "polynomial" ? { lr_scheduler_power: recipe.schedulerPower } : {}),
  };
}

/** A literal as Python reads it. */
const pythonOf = (value: string | number | boolean): string =>
  typeof value === "boolean" ? (value ? "True" : "False") : JSON.stringify(value);

function familyConfig({ recipe, place }: TrainerInput): TrainConfig {
  const caching: TrainConfig =
    recipe.textCaching === "none"
      ? {}
      : {
          cache_text_encoder_outputs: true,
          cache_text_encoder_outputs_to_disk: recipe.textCaching === "disk",
        };
  const file = (role: string): string => {
    const path = place.models[role];
    if (path !== undefined) return path;
    throw new UserError(
      `sd-scripts trains ${recipe.family} from single files, and ${recipe.baseModel} names no ${role}`,
      {
        code: "model-files-missing",
        details: { role, field: "baseModel" },
      },
    );
  };
  switch (recipe.family) {
    case "sdxl":
      // SDXL's VAE overflows in fp16.
      return { ...caching, ...(recipe.mixedPrecision === "fp16" ? { no_half_vae: true } : {}) };
    case "flux":
      return {
        ...caching,
        clip_l: file("clip_l"),
        t5xxl: file("t5xxl"),
        ae: file("ae"),
        guidance_scale: recipe.guidance,
        timestep_sampling: TIMESTEPS[recipe.timestepSampling],
        ...(recipe.timestepSampling === "shift" ? { discrete_flow_shift: recipe.timestepShift } : {}),
        model_prediction_type: "raw",
      };
    case "sd3":
      return {
        ...caching,
        clip_l: file("clip_l"),
        clip_g: file("clip_g"),
        t5xxl: file("t5xxl"),
        weighting_scheme: recipe.timestepSampling === "uniform" ? "uniform" : "logit_normal",
        training_shift: recipe.timestepShift,
      };
    default:
      return {};
  }
}
