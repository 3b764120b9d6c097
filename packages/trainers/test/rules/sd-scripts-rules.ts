import { z } from "zod";

/**
 * Options that the scripts of kohya-ss/sd-scripts define, as of commit 48d368fa (16 February 2026): they take unknown keys
 * of `--config_file` without a word. Keys that we never write are left out.
 */
const share = z.number().min(0).max(1);
const count = z.int().min(1);
const path = z.string().startsWith("/");
/** The parsers take the literals of Python for these lists: `name=value`. */
const assignments = z.array(z.string().regex(/^[a-z][a-z0-9_]*=.+$/)).min(1);

/** library/train_util.py (add_*_arguments), library/custom_train_functions.py, train_network.py (setup_parser). */
const common = {
  pretrained_model_name_or_path: z.string().min(1),
  output_dir: path,
  output_name: z.string().min(1),
  save_model_as: z.enum(["ckpt", "pt", "safetensors"]),
  save_precision: z.enum(["float", "fp16", "bf16"]),
  save_every_n_steps: count,
  save_last_n_steps: count,
  save_last_n_steps_state: count,
  save_state: z.boolean(),
  resume: path.optional(),
  network_dim: count,
  network_alpha: z.number().positive(),
  network_dropout: share.optional(),
  network_args: assignments.optional(),
  network_train_unet_only: z.boolean(),
  learning_rate: z.number().positive(),
  unet_lr: z.number().positive(),
  optimizer_type: z.enum(["AdamW", "AdamW8bit", "AdaFactor", "Prodigy", "Lion", "Lion8bit"]),
  optimizer_args: assignments.optional(),
  lr_scheduler: z.enum(["linear", "cosine", "cosine_with_restarts", "polynomial", "constant_with_warmup"]),
  lr_warmup_steps: z.number().min(0),
  lr_scheduler_num_cycles: count.optional(),
  lr_scheduler_power: z.number().positive().optional(),
  max_train_steps: count,
  mixed_precision: z.enum(["no", "fp16", "bf16"]),
  gradient_checkpointing: z.boolean(),
  gradient_accumulation_steps: count,
  seed: z.int().min(0),
  sdpa: z.literal(true),
  cache_latents: z.boolean(),
  cache_latents_to_disk: z.boolean(),
  noise_offset: share.optional(),
  min_snr_gamma: z.number().positive().optional(),
  prior_loss_weight: z.number().min(0).optional(),
  fp8_base: z.literal(true).optional(),
  sample_prompts: path.optional(),
  sample_every_n_steps: count.optional(),
};

/** library/sdxl_train_util.py, and library/train_util.py (add_dit_training_arguments) for flux and sd3. */
const cachedTexts = {
  cache_text_encoder_outputs: z.literal(true).optional(),
  cache_text_encoder_outputs_to_disk: z.boolean().optional(),
};
const encoderRates = (encoders: number) => z.array(z.number().min(0)).length(encoders).optional();

/** library/flux_train_utils.py and library/sd3_train_utils.py; the counts of rates from networks/lora_*.py. */
const families = {
  sd15: z.strictObject({ ...common, network_module: z.literal("networks.lora"), text_encoder_lr: encoderRates(1) }),
  sdxl: z.strictObject({
    ...common,
    ...cachedTexts,
    network_module: z.literal("networks.lora"),
    text_encoder_lr: encoderRates(2),
    no_half_vae: z.literal(true).optional(),
  }),
  flux: z.strictObject({
    ...common,
    ...cachedTexts,
    network_module: z.literal("networks.lora_flux"),
    text_encoder_lr: encoderRates(2),
    clip_l: path,
    t5xxl: path,
    ae: path,
    blocks_to_swap: count.optional(),
    guidance_scale: z.number().min(0),
    timestep_sampling: z.enum(["sigma", "uniform", "sigmoid", "shift", "flux_shift"]),
    discrete_flow_shift: z.number().positive().optional(),
    model_prediction_type: z.enum(["raw", "additive", "sigma_scaled"]),
  }),
  sd3: z.strictObject({
    ...common,
    ...cachedTexts,
    network_module: z.literal("networks.lora_sd3"),
    text_encoder_lr: encoderRates(3),
    clip_l: path,
    clip_g: path,
    t5xxl: path,
    blocks_to_swap: count.optional(),
    weighting_scheme: z.enum(["sigma_sqrt", "logit_normal", "mode", "cosmap", "none", "uniform"]),
    training_shift: z.number().positive(),
  }),
};

/** The keys that its scripts assert something of together. */
interface TrainFile {
  readonly optimizer_type: string;
  readonly optimizer_args?: readonly string[] | undefined;
  readonly cache_text_encoder_outputs?: true | undefined;
  readonly network_train_unet_only: boolean;
  readonly cache_latents: boolean;
  readonly cache_latents_to_disk: boolean;
  readonly fp8_base?: true | undefined;
  readonly mixed_precision: string;
  readonly sample_prompts?: string | undefined;
  readonly sample_every_n_steps?: number | undefined;
}

/** What train_network.py, sdxl_train_network.py, sd3_train_network.py and flux_train_network.py assert of several keys. */
const together: readonly (readonly [message: string, isGood: (train: TrainFile) => boolean])[] = [
  [
    "cached captions cannot train text encoders",
    (train) => !train.cache_text_encoder_outputs || train.network_train_unet_only,
  ],
  ["latents on disk are cached latents", (train) => !train.cache_latents_to_disk || train.cache_latents],
  ["fp8 needs mixed precision", (train) => !train.fp8_base || train.mixed_precision !== "no"],
  [
    // library/train_util.py, get_optimizer.
    "Adafactor passes over rate and schedule while relative_step is not False",
    (train) => train.optimizer_type !== "AdaFactor" || train.optimizer_args?.includes("relative_step=False") === true,
  ],
  [
    "prompts are drawn by steps",
    (train) => (train.sample_prompts === undefined) === (train.sample_every_n_steps === undefined),
  ],
];

export const SdScriptsTrain = Object.fromEntries(
  Object.entries(families).map(([family, schema]) => [
    family,
    schema.superRefine((train, context) => {
      for (const [message, isGood] of together) if (!isGood(train)) context.addIssue({ code: "custom", message });
    }),
  ]),
) as Readonly<Partial<Record<string, z.ZodType>>>;

/** library/config_util.py, ConfigSanitizer: this file is checked by a schema of its own, which refuses unknown keys. */
export const SdScriptsDataset = z.strictObject({
  general: z.strictObject({
    caption_extension: z.string(),
    shuffle_caption: z.boolean(),
    keep_tokens: z.int().min(0),
    caption_dropout_rate: share,
    flip_aug: z.boolean(),
    color_aug: z.boolean(),
    random_crop: z.boolean(),
  }),
  datasets: z
    .array(
      z.strictObject({
        resolution: count,
        batch_size: count,
        enable_bucket: z.boolean(),
        min_bucket_reso: count.optional(),
        max_bucket_reso: count.optional(),
        bucket_reso_steps: count.optional(),
        bucket_no_upscale: z.boolean().optional(),
        subsets: z
          .array(z.strictObject({ image_dir: path, num_repeats: count, is_reg: z.boolean().optional() }))
          .min(1),
      }),
    )
    .length(1),
});

/** library/train_util.py, load_prompts and sample_image_inference: what they look up of each prompt. */
export const SdScriptsPrompts = z
  .array(z.strictObject({ prompt: z.string(), width: count, height: count, seed: z.int().min(0) }))
  .min(1);
