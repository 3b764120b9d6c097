import type { Range, Recipe } from "@loramill/contracts";
import type { Family } from "../families/family.ts";
import { families } from "../families/index.ts";

export interface VramEstimate {
  /** p50 is what the model gives; trainers have been seen to need up to a quarter more. */
  readonly bytes: Range;
  /** What it is made of, largest first. */
  readonly parts: readonly { readonly name: string; readonly bytes: number }[];
}

const BYTES_OF_QUANTISED = { int8: 1, fp8: 1, nf4: 0.55 } as const;
const BYTES_OF_FORMAT = { fp32: 4, fp16: 2, bf16: 2 } as const;
/** Bytes of optimiser state per trained parameter. */
const OPTIMISER_BYTES = { adamw: 8, adamw8bit: 2, adafactor: 1, prodigy: 16, lion: 4, lion8bit: 1 } as const;
const MASTER_AND_GRADIENT_BYTES = 8;
/** What a transformer block keeps for its backward pass, per token and width, in 16-bit. */
const BYTES_PER_ACTIVATION = 34;
const CUDA_BYTES = 1.25e9;
const VAE_BYTES = 0.35e9;
/** Published figures lie within this of the model: Qwen-Image in fp8 needs 30 GB where it gives 25. */
const SPREAD = 1.25;

/**
 * GPU memory of a training: frozen weights, trained matrices with gradients and optimiser state, activations, and what
 * runs beside. A model, not a measurement; it is held to published figures in its test.
 */
export function estimateVram(recipe: Recipe): VramEstimate {
  const family = families[recipe.family];
  const parts = [
    { name: "base weights", bytes: baseBytes(recipe, family) },
    { name: "text encoders", bytes: textEncoderBytes(recipe, family) },
    { name: "LoRA, gradients and optimiser", bytes: trainedParameters(recipe, family) * stateBytes(recipe) },
    { name: "activations", bytes: activationBytes(recipe, family) },
    { name: "VAE", bytes: recipe.latentCaching === "none" ? VAE_BYTES : 0 },
    { name: "CUDA", bytes: CUDA_BYTES },
  ].filter(({ bytes }) => bytes > 0);
  const p50 = Math.round(parts.reduce((sum, { bytes }) => sum + bytes, 0));
  return { bytes: { p50, p90: Math.round(p50 * SPREAD) }, parts: parts.sort((a, b) => b.bytes - a.bytes) };
}

function bytesPerWeight({ baseQuantisation, mixedPrecision }: Recipe): number {
  return baseQuantisation === "none" ? BYTES_OF_FORMAT[mixedPrecision] : BYTES_OF_QUANTISED[baseQuantisation];
}

/** Of a pair one expert is in memory at a time. */
function baseBytes(recipe: Recipe, { network }: Family): number {
  const swapped = Math.min(1, recipe.blockSwap / (network.swappable ?? network.blocks));
  return network.parameters * bytesPerWeight(recipe) * (1 - swapped);
}

/** They stay where captions are encoded at every step, in the format of the base. */
function textEncoderBytes(recipe: Recipe, { textEncoders }: Family): number {
  if (recipe.textCaching !== "none") return 0;
  return textEncoders.reduce((sum, { parameters }) => sum + parameters, 0) * bytesPerWeight(recipe);
}

function trainedParameters(recipe: Recipe, { network }: Family): number {
  const text = recipe.trainTextEncoder ? network.textLoraParametersPerRank : 0;
  const highest = Math.max(recipe.rank, recipe.experts?.high?.rank ?? 0, recipe.experts?.low?.rank ?? 0);
  return highest * (network.loraParametersPerRank + text);
}

const stateBytes = ({ optimiser, emaDecay }: Recipe): number =>
  MASTER_AND_GRADIENT_BYTES + OPTIMISER_BYTES[optimiser] + (emaDecay > 0 ? 4 : 0);

/** With checkpointing each block keeps its input only, and one block at a time all of its inside. */
function activationBytes(recipe: Recipe, { network }: Family): number {
  const perBlock = tokensOf(recipe, network) * network.width * recipe.batchSize * (formatBytes(recipe) / 2);
  const kept = recipe.gradientCheckpointing ? 2 : BYTES_PER_ACTIVATION;
  return perBlock * (kept * network.blocks + (recipe.gradientCheckpointing ? BYTES_PER_ACTIVATION : 0));
}

const formatBytes = ({ mixedPrecision }: Recipe): number => BYTES_OF_FORMAT[mixedPrecision];

/** Picture and text tokens of one picture. */
export function tokensOf({ resolution }: Recipe, { tokenPixels, textTokens }: Family["network"]): number {
  return (resolution / tokenPixels) ** 2 + textTokens;
}
