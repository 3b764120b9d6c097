import { canonicalJson, type Digest, digestOf, type LoraRole, type Recipe, stepsOf } from "@loramill/contracts";

export interface Lineage {
  readonly name: string;
  readonly triggerWord: string | null;
  readonly recipe: Recipe;
  /** Digest of the dataset's manifest, and how many pictures it has. */
  readonly dataset: Digest;
  readonly images: number;
  /** Digest of the captions the training saw, and of the plan that ordered it, where these are known. */
  readonly captions?: Digest;
  readonly plan?: Digest;
  readonly run: string;
  /** Digest of the base model's files where the backend knows it; else what the backend calls its version. */
  readonly baseModelDigest: string;
  readonly backend: string;
}

/** Names of the model families in the ModelSpec standard (1.0.1). */
const architectures: Readonly<Record<Recipe["family"], string>> = {
  pocket: "loramill-pocket",
  sd15: "stable-diffusion-v1",
  sdxl: "stable-diffusion-xl-v1-base",
  sd3: "stable-diffusion-3",
  flux: "flux-1-dev",
  wan22: "wan-2.2",
  flux2: "flux-2-dev",
  "qwen-image": "qwen-image",
  "z-image": "z-image",
};

/** What tools that read kohya's metadata expect for a family. */
const baseVersions: Readonly<Record<Recipe["family"], string>> = {
  pocket: "pocket",
  sd15: "sd_v1",
  sdxl: "sdxl_base_v1-0",
  sd3: "sd3",
  flux: "flux1",
  wan22: "wan",
  flux2: "flux_2_dev",
  "qwen-image": "qwen_image",
  "z-image": "z_image",
};

/**
 * What a LoRA file says about itself: the minimum of kohya's `ss_*` that other tools read, ModelSpec 1.0.1, and under
 * `loramill.*` what it was made from. Holds names and digests only: no path, host or time, so it is the same wherever
 * the training runs.
 */
export function lineageMetadata(lineage: Lineage): Record<string, string> {
  const { recipe } = lineage;
  const side = recipe.resolution;
  return {
    "modelspec.sai_model_spec": "1.0.1",
    "modelspec.architecture": `${architectures[recipe.family]}/lora`,
    "modelspec.implementation": recipe.family === "pocket" ? "loramill/pocket" : "diffusers",
    "modelspec.title": lineage.name,
    "modelspec.resolution": `${side}x${side}`,
    ...(lineage.triggerWord === null ? {} : { "modelspec.trigger_phrase": lineage.triggerWord }),
    ss_v2: "False",
    ss_base_model_version: baseVersions[recipe.family],
    ss_network_module: recipe.family === "pocket" ? "loramill.pocket" : "networks.lora",
    ss_network_dim: String(recipe.rank),
    ss_network_alpha: String(recipe.alpha),
    ss_network_args: "{}",
    ss_output_name: lineage.name,
    ss_sd_model_name: recipe.baseModel,
    ss_learning_rate: String(recipe.learningRate),
    ss_lr_scheduler: recipe.scheduler,
    ss_lr_warmup_steps: String(recipe.warmupSteps),
    ss_max_train_steps: String(stepsOf(recipe)),
    ss_total_batch_size: String(recipe.batchSize),
    ss_caption_dropout_rate: String(recipe.captionDropout),
    ss_num_train_images: String(lineage.images),
    ss_resolution: `(${side}, ${side})`,
    ss_seed: String(recipe.seed),
    "loramill.run": lineage.run,
    "loramill.backend": lineage.backend,
    "loramill.dataset": lineage.dataset,
    ...(lineage.captions === undefined ? {} : { "loramill.captions": lineage.captions }),
    ...(lineage.plan === undefined ? {} : { "loramill.plan": lineage.plan }),
    "loramill.recipe": canonicalJson(recipe),
    "loramill.recipe_digest": digestOf(recipe),
    "loramill.base_model": recipe.baseModel,
    "loramill.base_model_digest": lineage.baseModelDigest,
    ...(lineage.triggerWord === null ? {} : { "loramill.trigger_word": lineage.triggerWord }),
  };
}

/** What is known only when the training has ended; added to the lineage by the backend that collects the file. */
export function outcomeMetadata(outcome: {
  readonly steps: number;
  readonly computeSeconds: number;
  readonly finalLoss: number | null;
  readonly tensorsSha256: Digest;
  /** What the file changes; left out: the whole model. */
  readonly role?: LoraRole;
}): Record<string, string> {
  return {
    "modelspec.hash_sha256": `0x${outcome.tensorsSha256}`,
    ss_steps: String(outcome.steps),
    ...(outcome.role === undefined || outcome.role === "both" ? {} : { "loramill.expert": outcome.role }),
    "loramill.training_seconds": outcome.computeSeconds.toFixed(1),
    ...(outcome.finalLoss === null ? {} : { "loramill.final_loss": outcome.finalLoss.toFixed(6) }),
  };
}
