import { type FieldValues, readFields, writeFields } from "./metadata-fields.ts";

/** What kohya's sd-scripts writes, without the prefix `ss_`. Times are Unix seconds; unset values are "None". */
const fields = {
  session_id: "text",
  output_name: "text",
  training_comment: "text",
  sd_scripts_commit_hash: "text",
  training_started_at: "number",
  training_finished_at: "number",
  sd_model_name: "text",
  sd_model_hash: "text",
  new_sd_model_hash: "text",
  vae_name: "text",
  vae_hash: "text",
  new_vae_hash: "text",
  v2: "flag",
  base_model_version: "text",

  network_module: "text",
  /** "Dynamic" after a resize by content, which reads as absent. */
  network_dim: "number",
  network_alpha: "number",
  network_args: "json",
  network_dropout: "number",
  scale_weight_norms: "number",

  learning_rate: "number",
  unet_lr: "number",
  text_encoder_lr: "number",
  optimizer: "text",
  lr_scheduler: "text",
  lr_warmup_steps: "number",
  max_train_steps: "number",
  steps: "number",
  epoch: "number",
  num_epochs: "number",
  num_batches_per_epoch: "number",
  gradient_accumulation_steps: "number",
  gradient_checkpointing: "flag",
  max_grad_norm: "number",
  seed: "number",
  mixed_precision: "text",
  full_fp16: "flag",
  fp8_base: "flag",
  fp8_base_unet: "flag",
  lowram: "flag",
  cache_latents: "flag",

  min_snr_gamma: "number",
  noise_offset: "number",
  noise_offset_random_strength: "flag",
  adaptive_noise_scale: "number",
  multires_noise_iterations: "number",
  multires_noise_discount: "number",
  ip_noise_gamma: "number",
  ip_noise_gamma_random_strength: "flag",
  zero_terminal_snr: "flag",
  debiased_estimation: "flag",
  loss_type: "text",
  huber_schedule: "text",
  huber_scale: "number",
  huber_c: "number",
  prior_loss_weight: "number",
  clip_skip: "number",
  max_token_length: "number",

  num_train_images: "number",
  num_reg_images: "number",
  num_validation_images: "number",
  caption_dropout_rate: "number",
  caption_dropout_every_n_epochs: "number",
  caption_tag_dropout_rate: "number",
  face_crop_aug_range: "text",
  resize_interpolation: "text",
  datasets: "json",
  batch_size_per_device: "number",
  total_batch_size: "number",
  /** As "(1024, 1024)". */
  resolution: "text",
  color_aug: "flag",
  flip_aug: "flag",
  random_crop: "flag",
  shuffle_caption: "flag",
  enable_bucket: "flag",
  bucket_no_upscale: "flag",
  min_bucket_reso: "number",
  max_bucket_reso: "number",
  keep_tokens: "number",
  dataset_dirs: "json",
  reg_dataset_dirs: "json",
  bucket_info: "json",
  tag_frequency: "json",
} as const;

export type KohyaMetadata = FieldValues<typeof fields>;

/** The fields that are there and are what they should be. */
export function readKohyaMetadata(metadata: ReadonlyMap<string, string>): KohyaMetadata {
  return readFields(fields, "ss_", metadata);
}

export function writeKohyaMetadata(values: KohyaMetadata): Record<string, string> {
  return writeFields(fields, "ss_", values);
}

/** What other tools need to load a file at all; kept when everything else is suppressed. */
export const kohyaMinimum = [
  "ss_v2",
  "ss_base_model_version",
  "ss_network_module",
  "ss_network_dim",
  "ss_network_alpha",
  "ss_network_args",
] as const;
