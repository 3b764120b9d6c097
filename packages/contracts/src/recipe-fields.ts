import { z } from "zod";
import { Digest } from "./digest.ts";
import { describeRange } from "./field-range.ts";

export const ModelFamily = z.enum(["pocket", "sd15", "sdxl", "sd3", "flux", "wan22", "flux2", "qwen-image", "z-image"]);
export type ModelFamily = z.output<typeof ModelFamily>;

/** A field with its sentence, unit and allowed values in its description; sentence and unit also as data. */
function field<T extends z.ZodType>(schema: T, text: string, unit?: string): T {
  const sentence = [text, unit, describeRange(schema)].filter((part) => part !== undefined).join("; ");
  return schema.meta({ description: sentence, title: text, ...(unit === undefined ? {} : { unit }) });
}

const share = z.number().min(0).max(1);
const rank = z.int().min(1).max(128);
const alpha = z.number().positive().max(1024);
const rate = z.number().positive().max(1);
const steps = z.int().min(1).max(1_000_000);
const seed = z.int().min(0).max(4_294_967_295);
const side = z.int().min(32).max(4096);

/** What one of two experts does other than the recipe says; `{}` trains it just as the recipe says. */
export const ExpertChanges = z.strictObject({
  rank: rank.exactOptional(),
  alpha: alpha.exactOptional(),
  learningRate: rate.exactOptional(),
  steps: steps.exactOptional(),
});
export type ExpertChanges = z.output<typeof ExpertChanges>;

/** Both experts of a model that has two: the pair is one recipe, one training and one LoRA of two files. */
export const ExpertPair = z.strictObject({
  high: ExpertChanges.nullable().describe("Expert for high noise (early steps); null leaves it untrained"),
  low: ExpertChanges.nullable().describe("Expert for low noise (late steps); null leaves it untrained"),
  boundary: share.describe(
    "Timestep, 0 to 1, at which the experts change over; 0.875 for text, 0.9 for image to video",
  ),
});
export type ExpertPair = z.output<typeof ExpertPair>;

export const RegularisationSet = z.strictObject({
  dataset: Digest.describe("Digest of a dataset of class pictures, which show what should stay as it is"),
  weight: z.number().min(0).max(10).describe("Weight of their loss against that of the subject's pictures; 1 is equal"),
  repeats: z.int().min(1).max(500).describe("How often an epoch shows each of them"),
});
export type RegularisationSet = z.output<typeof RegularisationSet>;

const base = {
  family: field(ModelFamily, "Model family the LoRA is for"),
  baseModel: field(z.string().min(1).max(256), "Id of the base model; `pocket` for the embedded one"),
  baseQuantisation: field(
    z.enum(["none", "int8", "fp8", "nf4"]),
    "How the frozen base weights are kept while training; smaller ones need less memory",
  ),
  experts: field(
    ExpertPair.nullable(),
    "The high and low noise experts of Wan 2.2 14B; null for models that are one network",
  ),
};

const network = {
  rank: field(rank, "Inner dimension of the LoRA matrices"),
  alpha: field(alpha, "Scale: the update is multiplied by alpha / rank"),
  convRank: field(z.int().min(0).max(128), "Inner dimension for convolutions; 0 leaves convolutions alone"),
  convAlpha: field(z.number().min(0).max(1024), "Scale for convolutions: their update is multiplied by it / convRank"),
  targetModules: field(
    z.array(z.string().min(1).max(128)).max(64),
    "Kinds of modules that get matrices, such as `attention`; empty takes the family's own",
  ),
  networkDropout: field(share, "Share of the inner values set to zero at each step"),
  rankDropout: field(share, "Share of the ranks left out at each step"),
  moduleDropout: field(share, "Share of the modules left out at each step"),
};

const rates = {
  learningRate: field(rate, "Peak learning rate of the unet or transformer"),
  trainTextEncoder: field(z.boolean(), "Whether the text encoders get a LoRA as well"),
  textEncoderLearningRate: field(
    z.number().min(0).max(1),
    "Peak learning rate of the text encoders; 0 where they are not trained",
  ),
  optimiser: field(
    z.enum(["adamw", "adamw8bit", "adafactor", "prodigy", "lion", "lion8bit"]),
    "What turns gradients into updates; the 8-bit ones keep their state in a quarter of the memory",
  ),
  optimiserArgs: field(
    z.record(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/), z.union([z.number(), z.boolean(), z.string().max(128)])),
    "Further settings of the optimiser by their own names, such as `weight_decay`",
  ),
  scheduler: field(
    z.enum(["constant", "linear", "cosine", "cosine-restarts", "polynomial"]),
    "How the learning rate falls after the warm-up",
  ),
  schedulerCycles: field(z.int().min(1).max(1000), "Restarts of `cosine-restarts`"),
  schedulerPower: field(z.number().positive().max(10), "Exponent of `polynomial`; 1 is a straight line"),
  warmupSteps: field(z.int().min(0).max(100_000), "Linear warm-up of the learning rate", "optimiser steps"),
  emaDecay: field(
    z.number().min(0).max(0.99999),
    "Decay of the running average of the weights that is saved in their place; 0 saves them as they are",
  ),
};

const length = {
  steps: field(steps, "Length of the training", "optimiser steps"),
  batchSize: field(z.int().min(1).max(64), "Images in memory at once, on each GPU", "images"),
  gradientAccumulation: field(z.int().min(1).max(1024), "Batches whose gradients one optimiser step adds up"),
  repeats: field(z.int().min(1).max(500), "How often an epoch shows each image, besides what the dataset says"),
  gpus: field(z.int().min(1).max(8), "GPUs that train together, each on batches of its own"),
  seed: field(seed, "Seed of everything random in the training"),
};

const pictures = {
  resolution: field(side, "Side of the square training picture, or of the bucket area", "pixels"),
  buckets: field(z.boolean(), "Whether pictures keep their shape, in groups of equal size, or are cut square"),
  bucketMinSide: field(side, "Shortest side of a bucket", "pixels"),
  bucketMaxSide: field(side, "Longest side of a bucket", "pixels"),
  bucketStep: field(z.int().min(8).max(256), "Sides of buckets are multiples of this", "pixels"),
  bucketUpscale: field(z.boolean(), "Whether pictures smaller than their bucket are enlarged, or get a smaller bucket"),
  horizontalFlip: field(z.boolean(), "Mirror half of the pictures; wrong for text and asymmetric subjects"),
  colourJitter: field(z.boolean(), "Change the hue or gamma of a third of the pictures a little, as kohya does"),
  randomCrop: field(z.boolean(), "Cut what is too long at a random place instead of the middle"),
  regularisation: field(RegularisationSet.nullable(), "Pictures of the class that are trained beside; null without"),
};

const captions = {
  triggerWord: field(
    z.string().trim().min(1).max(64).nullable(),
    "Word that calls the LoRA; null takes that of the run's captions, if they have one",
  ),
  captionDropout: field(share, "Share of steps that see an empty caption"),
  shuffleTokens: field(z.boolean(), "Whether the comma-separated parts of a caption change places at each step"),
  keepTokens: field(z.int().min(0).max(255), "Parts at the start of a caption that shuffling leaves in place"),
};

const noise = {
  minSnrGamma: field(
    z.number().min(0).max(100),
    "Limits the weight of nearly clean steps (min-SNR), 5 is usual; 0 switches it off",
  ),
  noiseOffset: field(
    share,
    "Offset added to the noise of a whole channel, which lets pictures get darker and brighter; 0 is none",
  ),
  timestepSampling: field(
    z.enum(["uniform", "sigmoid", "logit-normal", "shift", "flux-shift"]),
    "How the noise levels to train at are drawn",
  ),
  timestepShift: field(
    z.number().positive().max(100),
    "How far `shift` moves the noise levels towards more noise; 1 leaves them",
  ),
  guidance: field(
    z.number().min(0).max(100),
    "Guidance that a distilled model is told while training; 0 for models that take none",
  ),
};

const memory = {
  mixedPrecision: field(z.enum(["fp32", "fp16", "bf16"]), "Number format of the forward and backward pass"),
  gradientCheckpointing: field(
    z.boolean(),
    "Compute activations twice to keep fewer: about a third slower, far smaller",
  ),
  blockSwap: field(z.int().min(0).max(100), "Blocks of the base model kept in main memory and swapped in; slower"),
  latentCaching: field(z.enum(["none", "memory", "disk"]), "Where encoded pictures are kept between epochs"),
  textCaching: field(z.enum(["none", "memory", "disk"]), "Where encoded captions are kept between epochs"),
};

const saving = {
  saveEverySteps: field(z.int().min(1).max(100_000), "Between two committed checkpoints", "optimiser steps"),
  samplePrompts: field(z.array(z.string().min(1).max(4000)).max(32), "Prompts drawn while training, to look at"),
  sampleEverySteps: field(
    z.int().min(0).max(100_000),
    "Between two rounds of samples; 0 draws none",
    "optimiser steps",
  ),
};

/** The fields of a recipe in the order and under the headings in which people read them. */
export const recipeGroups = { base, network, rates, length, pictures, captions, noise, memory, saving } as const;
