import { z } from "zod";

/**
 * What ostris/ai-toolkit reads of a job file, as of commit 27a03a91 (21 August 2026). Its classes take any keyword and pass
 * over those they do not know, so a key that is not here would be dropped in silence. Keys that we never write are left out.
 */
const share = z.number().min(0).max(1);
const count = z.int().min(1);

/** toolkit/config_modules.py, NetworkConfig; jobs/process/BaseSDTrainProcess.py passes them to the network. */
const Network = z.strictObject({
  type: z.enum(["lora", "locon", "lorm", "lokr"]),
  linear: count,
  linear_alpha: z.number().positive(),
  conv: count.optional(),
  conv_alpha: z.number().min(0).optional(),
  dropout: share.optional(),
  split_multistage_loras: z.boolean().optional(),
});

/** toolkit/config_modules.py, SaveConfig, which raises on other formats; dtypes of toolkit/train_tools.py. */
const dtype = z.enum(["float", "fp32", "single", "float32", "fp16", "half", "float16", "bf16", "bfloat16"]);
const Save = z.strictObject({
  dtype,
  save_every: count,
  max_step_saves_to_keep: count,
  save_format: z.enum(["safetensors", "diffusers"]),
  push_to_hub: z.boolean(),
});

/** toolkit/config_modules.py, DatasetConfig; a list of resolutions is split by preprocess_dataset_raw_config. */
const Dataset = z.strictObject({
  folder_path: z.string().startsWith("/"),
  caption_ext: z.string(),
  caption_dropout_rate: share,
  shuffle_tokens: z.boolean(),
  cache_latents_to_disk: z.boolean(),
  cache_latents: z.boolean().optional(),
  cache_text_embeddings: z.boolean().optional(),
  resolution: z.array(count).min(1),
  num_repeats: count,
  flip_x: z.boolean(),
  is_reg: z.boolean(),
});

/** toolkit/optimizer.py; lion needs a library that requirements_base.txt does not bring. */
const optimizer = z.enum(["adam", "adamw", "adam8bit", "adamw8bit", "lion8bit", "adafactor", "prodigy", "adagrad"]);
/** toolkit/scheduler.py, with what each of PyTorch's schedules takes beside the length, which it is given. */
const schedule = z.enum(["constant", "cosine", "constant_with_warmup"]);
/** toolkit/samplers/custom_flowmatch_sampler.py, set_train_timesteps, which raises on others. */
const timesteps = z.enum(["linear", "weighted", "sigmoid", "flux_shift", "lumina2_shift", "shift", "lognorm_blend"]);
/** toolkit/sampler.py, get_sampler. */
const sampler = z.enum(["ddpm", "flowmatch"]);

/** toolkit/config_modules.py, TrainConfig. `gradient_accumulation_steps` is there too, and counts batches as steps. */
const Train = z
  .strictObject({
    batch_size: count,
    steps: count,
    gradient_accumulation: count,
    train_unet: z.boolean(),
    train_text_encoder: z.boolean(),
    gradient_checkpointing: z.boolean(),
    noise_scheduler: sampler,
    optimizer,
    optimizer_params: z.record(z.string(), z.union([z.number(), z.boolean(), z.string()])).optional(),
    lr: z.number().positive().max(1),
    lr_scheduler: schedule,
    lr_scheduler_params: z.strictObject({ num_warmup_steps: count }).optional(),
    dtype,
    min_snr_gamma: z.number().positive().optional(),
    noise_offset: share.optional(),
    timestep_type: timesteps.optional(),
    switch_boundary_every: count.optional(),
    reg_weight: z.number().min(0).optional(),
    ema_config: z.strictObject({ use_ema: z.literal(true), ema_decay: z.number().min(0).max(1) }).optional(),
    disable_sampling: z.boolean(),
    skip_first_sample: z.boolean(),
  })
  .refine((train) => (train.lr_scheduler === "constant_with_warmup") === (train.lr_scheduler_params !== undefined), {
    message: "a warm-up is 1000 steps long where its length is not given, and other schedules know no such length",
  });

/**
 * toolkit/config_modules.py, ModelConfig. `arch`: ModelArch there, the classes under extensions_built_in/diffusion_models, and
 * ui/src/app/jobs/new/options.tsx for sd15, which the oldest class takes. `qtype`: optimum-quanto's names, toolkit/util/quantize.py.
 */
const quantised = z.enum(["qint2", "qint4", "qint8", "qfloat8", "int8", "float8"]);
const Model = z
  .strictObject({
    name_or_path: z.string().min(1),
    arch: z.enum(["sd15", "sdxl", "sd3", "flux", "wan22_14b", "flux2", "qwen_image", "zimage"]),
    quantize: z.boolean(),
    quantize_te: z.boolean(),
    qtype: quantised.optional(),
    qtype_te: quantised.optional(),
    low_vram: z.boolean().optional(),
    /** extensions_built_in/diffusion_models/wan22/wan22_14b_model.py, which raises where neither is trained. */
    model_kwargs: z
      .strictObject({ train_high_noise: z.boolean(), train_low_noise: z.boolean() })
      .refine((trained) => trained.train_high_noise || trained.train_low_noise)
      .optional(),
  })
  .refine(({ arch, model_kwargs }) => (arch === "wan22_14b") === (model_kwargs !== undefined))
  .refine(({ arch, quantize }) => !quantize || (arch !== "sd15" && arch !== "sdxl"), "these are never quantised");

/** toolkit/config_modules.py, SampleConfig. */
const Sample = z.strictObject({
  sampler,
  sample_every: count,
  width: count,
  height: count,
  prompts: z.array(z.string()).min(1),
  neg: z.string(),
  seed: z.int().min(0),
  walk_seed: z.boolean(),
  guidance_scale: z.number(),
  sample_steps: count,
  num_frames: count.optional(),
  fps: count.optional(),
});

/** toolkit/config.py asks for job, config and name; jobs/process/BaseTrainProcess.py reads `training_seed`. */
export const AiToolkitJob = z.strictObject({
  job: z.literal("extension"),
  config: z.strictObject({
    name: z.string().min(1),
    process: z.tuple([
      z.strictObject({
        type: z.enum(["sd_trainer", "diffusion_trainer"]),
        training_folder: z.string().startsWith("/"),
        training_seed: z.int().min(0),
        device: z.string(),
        network: Network,
        save: Save,
        datasets: z.array(Dataset).min(1),
        train: Train,
        model: Model,
        sample: Sample.optional(),
      }),
    ]),
  }),
  meta: z.strictObject({ name: z.string(), version: z.string() }),
});
