import { z } from "zod";

/**
 * Options of bghira/SimpleTuner, as of commit bc8e6ab7 (22 August 2026): its parser is made of the fields registered under
 * simpletuner/simpletuner_sdk/server/services/field_registry/sections and refuses unknown ones. A number is whole where its
 * default, its choices and its bounds are (helpers/configuration/cmd_args.py, _infer_numeric_type). Keys that we never write
 * are left out.
 */
const count = z.int().min(1);
const path = z.string().startsWith("/");
const share = z.number().min(0).max(1);

export const SimpleTunerConfig = z
  .strictObject({
    // model.py
    model_family: z.enum(["sd1x", "sdxl", "sd3", "flux", "flux2", "qwen_image", "z_image"]),
    model_type: z.enum(["full", "lora"]),
    pretrained_model_name_or_path: z.string().min(1),
    output_dir: path,
    seed: z.int().min(0).max(2_147_483_647),
    resume_from_checkpoint: z.literal("latest"),
    base_model_precision: z.enum(["no_change", "int8-quanto", "fp8-quanto", "nf4-bnb"]),
    // lora.py
    lora_type: z.enum(["standard", "lycoris"]),
    lora_rank: z.int().min(1).max(256),
    lora_alpha: z.number().min(0.1),
    lora_dropout: share,
    // training.py; the optimisers of helpers/training/optimizer_param.py
    max_train_steps: count,
    num_train_epochs: z.literal(0),
    train_batch_size: z.int().min(1).max(128),
    gradient_accumulation_steps: count,
    gradient_checkpointing: z.boolean(),
    checkpoints_total_limit: z.int().min(0),
    learning_rate: share,
    optimizer: z.enum(["adamw_bf16", "bnb-adamw8bit", "torch-adafactor", "bnb-lion", "bnb-lion8bit"]),
    // Its cosines are there as well; helpers/training/custom_schedule.py gives them the length of the warm-up.
    lr_scheduler: z.enum(["linear", "polynomial", "constant", "constant_with_warmup"]),
    lr_warmup_steps: z.int().min(0),
    lr_power: z.number().min(0.1).optional(),
    // loss.py, advanced.py, logging_fields.py
    lr_end: z.number().min(0).optional(),
    snr_gamma: z.int().min(0).optional(),
    offset_noise: z.boolean().optional(),
    noise_offset: share.optional(),
    noise_offset_probability: share.optional(),
    mixed_precision: z.enum(["no", "fp16", "bf16", "fp8"]),
    caption_dropout_probability: share,
    checkpoint_step_interval: count,
    report_to: z.literal("none"),
    // data.py
    data_backend_config: path,
    resolution: z.int().min(256).max(4096).multipleOf(64),
    resolution_type: z.enum(["pixel", "area", "pixel_area"]),
    // validation.py
    validation_disable: z.boolean().optional(),
    validation_disable_unconditional: z.boolean().optional(),
    disable_benchmark: z.boolean().optional(),
    user_prompt_library: path.optional(),
    validation_step_interval: count.optional(),
    validation_resolution: z
      .string()
      .regex(/^\d+x\d+$/)
      .optional(),
    validation_num_inference_steps: count.optional(),
    validation_guidance: z.number().min(1).max(30).optional(),
    validation_seed: z.int().min(0).optional(),
    num_validation_images: z.int().min(1).max(10).optional(),
    num_eval_images: z.int().min(1).max(10).optional(),
    // publishing.py
    push_to_hub: z.boolean(),
  })
  .refine(({ lr_end, learning_rate }) => (lr_end ?? 0) < learning_rate, "a polynomial falls (diffusers)")
  .refine(({ optimizer, mixed_precision }) => optimizer !== "adamw_bf16" || mixed_precision === "bf16", {
    message: "adamw_bf16 trains in bf16 alone (cmd_args.py)",
  });

/** helpers/data_backend/config/image.py and text_embed.py, with the choices of validators.py. */
export const SimpleTunerBackends = z.tuple([
  z.strictObject({
    id: z.string().min(1),
    type: z.enum(["local", "aws", "csv", "huggingface"]),
    dataset_type: z.literal("image"),
    instance_data_dir: path,
    caption_strategy: z.enum(["filename", "textfile", "instanceprompt", "parquet"]),
    resolution: count,
    resolution_type: z.enum(["pixel", "area", "pixel_area"]),
    minimum_image_size: z.number().min(0),
    crop: z.boolean(),
    crop_style: z.enum(["random", "corner", "center", "centre", "face"]),
    crop_aspect: z.enum(["square", "preserve"]),
    repeats: z.int().min(0),
    cache_dir_vae: path,
  }),
  z.strictObject({
    id: z.string().min(1),
    type: z.enum(["local", "aws"]),
    dataset_type: z.literal("text_embeds"),
    default: z.literal(true),
    cache_dir: path,
  }),
]);

/** helpers/prompts.py, load_user_prompts: prompts by the short names that stand in the names of their pictures. */
export const SimpleTunerPrompts = z.record(z.string().regex(/^\w+$/), z.string().min(1));
