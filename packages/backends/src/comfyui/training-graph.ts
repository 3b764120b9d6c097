import { draftGraph, type Graph, type GraphDraft, type Output } from "@loramill/graphs";
import { drawSamples, type SampleSettings } from "./sample-graph.ts";

/** The files of a base model, as the server's lists name them. */
export type BaseFiles =
  | { readonly kind: "checkpoint"; readonly checkpoint: string }
  /** Network and VAE in one file, text encoders beside it. */
  | {
      readonly kind: "sd3";
      readonly checkpoint: string;
      readonly clipG: string;
      readonly clipL: string;
      readonly t5: string;
    }
  | {
      readonly kind: "flux";
      readonly transformer: string;
      readonly weightType: "default" | "fp8_e4m3fn";
      readonly clip: string;
      readonly t5: string;
      readonly vae: string;
    };

/** How pictures come to sizes that can be trained: kept in groups of equal size, or cut to a square in the middle. */
export type PictureSizes =
  | { readonly kind: "buckets" }
  | { readonly kind: "square"; readonly side: number; readonly isScaled: boolean };

/** Where encoded pictures come from: pictures and texts in a folder of the server, or what an earlier prompt has kept. */
export type DatasetSource =
  | {
      readonly kind: "pictures";
      /** Under the server's input folder. */
      readonly folder: string;
      /** Name under which they are kept once they are encoded; null keeps them in memory alone. */
      readonly keepAs: string | null;
    }
  | { readonly kind: "kept"; readonly name: string };

/** The choices of TrainLoraNode; `steps` counts optimiser steps. */
export interface TrainSettings {
  readonly batchSize: number;
  readonly gradientAccumulation: number;
  readonly steps: number;
  readonly learningRate: number;
  readonly rank: number;
  readonly optimiser: "AdamW" | "Adam" | "SGD" | "RMSprop";
  readonly seed: number;
  readonly precision: "bf16" | "fp32";
  readonly gradientCheckpointing: boolean;
  readonly isOffloaded: boolean;
}

export interface TrainingGraphSettings {
  readonly base: BaseFiles;
  readonly dataset: DatasetSource;
  readonly sizes: PictureSizes;
  readonly train: TrainSettings;
  /** Null draws none. */
  readonly samples: SampleSettings | null;
  /** Start of the saved file's name under `output/loras`; nobody else's. */
  readonly prefix: string;
}

export interface TrainingGraph {
  readonly graph: Graph;
  /** Node whose progress is the training's. */
  readonly trainNode: string;
}

/**
 * The graph of one training with ComfyUI's own nodes: base model, dataset folder, sizes, encoding, training, saving. Its
 * outputs are the LoRA file, which no answer names, a picture of the losses, and what is drawn with the LoRA. A server
 * runs outputs first whose inputs are there: the file is saved before anything is drawn.
 */
export function trainingGraph(settings: TrainingGraphSettings): TrainingGraph {
  const draft = draftGraph();
  const base = loadBase(draft, settings.base);
  const encoded = encodeDataset(draft, base, settings);
  const [lora, loss, steps] = trainLora(draft, base.model, encoded, settings);
  draft.add("SaveLoRA", { lora, prefix: `loras/${settings.prefix}`, steps });
  draft.add("LossGraphNode", { loss, filename_prefix: `${settings.prefix}_loss` });
  if (settings.samples !== null) {
    drawSamples(draft, base, lora, { settings: settings.samples, prefix: settings.prefix });
  }
  const [trainNode] = lora;
  return { graph: draft.graph(), trainNode };
}

interface LoadedBase {
  readonly model: Output<"MODEL">;
  readonly clip: Output<"CLIP">;
  readonly vae: Output<"VAE">;
}

function loadBase(draft: GraphDraft, base: BaseFiles): LoadedBase {
  if (base.kind === "checkpoint") {
    const [model, clip, vae] = draft.add("CheckpointLoaderSimple", { ckpt_name: base.checkpoint });
    return { model, clip, vae };
  }
  if (base.kind === "sd3") {
    const [model, , vae] = draft.add("CheckpointLoaderSimple", { ckpt_name: base.checkpoint });
    const names = { clip_name1: base.clipG, clip_name2: base.clipL, clip_name3: base.t5 };
    return { model, clip: draft.add("TripleCLIPLoader", names)[0], vae };
  }
  const [model] = draft.add("UNETLoader", { unet_name: base.transformer, weight_dtype: base.weightType });
  const [clip] = draft.add("DualCLIPLoader", { clip_name1: base.clip, clip_name2: base.t5, type: "flux" });
  const [vae] = draft.add("VAELoader", { vae_name: base.vae });
  return { model, clip, vae };
}

/** Samples in a file of a kept dataset: what ComfyUI takes itself. */
const SHARD_SIZE = 1000;

interface EncodedDataset {
  readonly latents: Output<"LATENT">;
  readonly conditioning: Output<"CONDITIONING">;
}

function encodeDataset(
  draft: GraphDraft,
  base: LoadedBase,
  { dataset, sizes }: Pick<TrainingGraphSettings, "dataset" | "sizes">,
): EncodedDataset {
  const [latents, conditioning] =
    dataset.kind === "kept"
      ? draft.add("LoadTrainingDataset", { folder_name: dataset.name })
      : encodePictures(draft, base, dataset, sizes);
  if (sizes.kind === "square") return { latents, conditioning };
  const buckets = draft.add("ResolutionBucket", { latents, conditioning });
  return { latents: buckets[0], conditioning: buckets[1] };
}

function encodePictures(
  draft: GraphDraft,
  { vae, clip }: LoadedBase,
  { folder, keepAs }: Extract<DatasetSource, { kind: "pictures" }>,
  sizes: PictureSizes,
): readonly [latents: Output<"LATENT">, conditioning: Output<"CONDITIONING">] {
  const [pictures, texts] = draft.add("LoadImageTextDataSetFromFolder", { folder });
  const images = sizes.kind === "buckets" ? pictures : cutSquare(draft, pictures, sizes);
  const made = draft.add("MakeTrainingDataset", { images, vae, clip, texts });
  if (keepAs !== null) {
    const kept = { latents: made[0], conditioning: made[1], folder_name: keepAs, shard_size: SHARD_SIZE };
    draft.add("SaveTrainingDataset", kept);
  }
  return made;
}

function cutSquare(
  draft: GraphDraft,
  images: Output<"IMAGE">,
  { side, isScaled }: { side: number; isScaled: boolean },
): Output<"IMAGE"> {
  const scaled = isScaled
    ? draft.add("ResizeImageMaskNode", {
        input: images,
        resize_type: "scale shorter dimension",
        "resize_type.shorter_size": side,
        scale_method: "lanczos",
      })[0]
    : images;
  return draft.add("CenterCropImages", { images: scaled, width: side, height: side })[0];
}

function trainLora(
  draft: GraphDraft,
  model: Output<"MODEL">,
  { latents, conditioning }: EncodedDataset,
  { train, sizes }: Pick<TrainingGraphSettings, "train" | "sizes">,
): readonly [lora: Output<"LORA_MODEL">, loss: Output<"LOSS_MAP">, steps: Output<"INT">] {
  return draft.add("TrainLoraNode", {
    model,
    latents,
    positive: conditioning,
    batch_size: train.batchSize,
    grad_accumulation_steps: train.gradientAccumulation,
    steps: train.steps,
    learning_rate: train.learningRate,
    rank: train.rank,
    optimizer: train.optimiser,
    loss_function: "MSE",
    seed: train.seed,
    training_dtype: train.precision,
    lora_dtype: train.precision,
    quantized_backward: false,
    algorithm: "LoRA",
    gradient_checkpointing: train.gradientCheckpointing,
    checkpoint_depth: 1,
    offloading: train.isOffloaded,
    existing_lora: "[None]",
    bucket_mode: sizes.kind === "buckets",
    bypass_mode: false,
  });
}
