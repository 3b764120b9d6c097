import { z } from "zod";
import { CaptionSpec } from "./caption-spec.ts";
import { ChoiceMode } from "./choice-request.ts";
import { ComputeSpec } from "./compute-spec.ts";
import { DatasetSpec } from "./dataset-spec.ts";
import type { Json } from "./digest.ts";
import { Choosing, DrawingLimits } from "./generate-choosing.ts";
import { Seed } from "./generation/generation-parts.ts";
import { GenerationTemplate } from "./generation/generation-spec.ts";
import { LoraSpec } from "./lora-spec.ts";
import { Name } from "./name.ts";
import { RecipeOverrides } from "./recipe.ts";

/** Backends that generate; more are one file and one name here. */
export const generationBackendNames = ["pocket", "comfyui", "runpod-serverless", "replicate", "ffmpeg"] as const;

export const TrainSpec = z.strictObject({
  name: Name.optional().describe("Name of the LoRA; default: the run's name"),
  backend: z
    .enum(["auto", "pocket", "comfyui", "replicate", "agent"])
    .default("auto")
    .describe("Where it is trained; `auto`: the first available backend for the family"),
  preset: Name.optional().describe("Preset or saved recipe that the fields below override; default: pocket"),
  recipe: z
    .union([Name, RecipeOverrides])
    .prefault({})
    .describe("Fields over the preset; or the name of a saved recipe, or of a preset, that is taken as it is"),
  mode: z.enum(["local", "cloud"]).optional().describe("local or cloud; left out: as `compute` says, else any backend"),
  compute: ComputeSpec.optional().describe("The machine; left out: what the backend has"),
});
export type TrainSpec = z.output<typeof TrainSpec>;

export const GenerateSpec = z.strictObject({
  request: GenerationTemplate.optional().describe("What is made; left out: a picture from text"),
  prompts: z
    .array(z.string().max(4000))
    .max(100_000)
    .default([])
    .describe("May hold __wildcards__ and {one|of|several}; left out where the request takes none"),
  wildcards: z
    .record(z.string().regex(/^[\w-]{1,64}$/), z.array(z.string().min(1).max(1000)).min(1).max(10_000))
    .default({})
    .describe("What __name__ in a prompt stands for"),
  combine: z
    .enum(["random", "all"])
    .default("random")
    .describe("random: each prompt draws its wildcards by its seed; all: every combination is a prompt of its own"),
  negativePrompt: z.string().max(4000).default(""),
  seeds: z.array(Seed).min(1).max(10_000).optional().describe("Default: `imagesPerPrompt` seeds from `baseSeed`"),
  imagesPerPrompt: z.int().min(1).max(10_000).default(1),
  baseSeed: Seed.default(1).describe("Picture i of a prompt has seed baseSeed + i; 0 is a seed"),
  strengths: z
    .array(z.number().min(0).max(2))
    .min(1)
    .max(32)
    .default([0.8])
    .describe("Strengths of the main LoRA; each gives a picture per prompt and seed; 0 is the base model"),
  vary: z
    .record(
      z.string(),
      z
        .array(z.json() as z.ZodType<Json>)
        .min(1)
        .max(10_000),
    )
    .default({})
    .describe("Field of the request → values, such as sampling.steps: [10, 20]; every combination is made"),
  steps: z.int().min(1).max(200).optional().describe("Short for request.sampling.steps"),
  guidance: z.number().min(0).max(30).optional().describe("Short for request.sampling.guidance"),
  width: z.int().min(32).max(8192).optional().describe("Pixels; default: the recipe's resolution"),
  height: z.int().min(32).max(8192).optional(),
  lora: z
    .string()
    .max(256)
    .optional()
    .describe("The main LoRA: a name or digest of the library; default: the one this run trains"),
  mode: ChoiceMode.optional().describe(
    "auto: what is left open is chosen; assisted: as recommended and edited; manual: nothing is chosen. Left out: LoRAs are " +
      "chosen where none is named or made, parameters where `constraints` are given",
  ),
  constraints: DrawingLimits.optional().describe("What choosing must keep to"),
  choose: Choosing.optional().describe("How LoRAs are chosen"),
  onLoraFailure: z
    .enum(["fail", "fallback"])
    .default("fail")
    .describe("fallback: what cannot be loaded is left away, and words stand in for it"),
  grid: z.boolean().default(false).describe("Whether a labelled contact sheet is made of all pictures"),
  backend: z.enum(["auto", ...generationBackendNames]).default("auto"),
});
export type GenerateSpec = z.output<typeof GenerateSpec>;

export const RunPolicy = z.strictObject({
  onStepFailure: z
    .enum(["fail", "continue"])
    .default("fail")
    .describe("Whether steps that do not need the failed one still run"),
  failedItems: z.enum(["continue", "fail"]).default("continue").describe("Whether quarantined items fail their step"),
  maxFailedShare: z.number().min(0).max(1).default(0.5).describe("A step fails when a larger share of its jobs failed"),
  reuse: z.boolean().default(true).describe("Whether results of earlier runs with the same key are taken"),
  onBudget: z
    .enum(["stop", "finish"])
    .default("stop")
    .describe("When money or time runs out. stop: at a checkpoint, to be resumed; finish: it becomes the LoRA"),
});
export type RunPolicy = z.output<typeof RunPolicy>;

/** One request from start to end. Every default is written beside its field. */
export const RunSpec = z
  .strictObject({
    version: z.literal(1).default(1),
    name: Name.describe("Shown in lists and used for file names"),
    project: Name.default("default"),
    dataset: DatasetSpec.prefault({ sources: [] }).describe(
      "Which pictures, and how they are cleaned and cut; caption and train need some",
    ),
    caption: CaptionSpec.optional().describe("Left out: only captions that came with the pictures are used"),
    train: TrainSpec.optional().describe("Left out: nothing is trained"),
    lora: LoraSpec.optional().describe("Makes a LoRA of those of the library; left out: none is"),
    generate: GenerateSpec.optional().describe("Left out: nothing is generated"),
    budgetUsd: z.number().min(0).max(1_000_000).optional().describe("Hard limit of the run's cost in US dollars"),
    deadline: z.iso
      .datetime({ offset: true })
      .optional()
      .describe("When it has to be done, as 2026-12-01T18:00:00Z; it ends exhausted, or as policy.onBudget says"),
    priority: z.int().min(0).max(9).default(5).describe("0 is served first; waiting jobs age towards 0"),
    policy: RunPolicy.prefault({}),
  })
  .superRefine(({ dataset, caption, train, lora, generate }, context) => {
    if (
      dataset.sources.length > 0 ||
      (caption === undefined && train === undefined && (lora ?? generate) !== undefined)
    )
      return;
    const message = "needs one source at least, as { type: folder, path: … }; only lora and generate do without";
    context.addIssue({ code: "custom", path: ["dataset", "sources"], message });
  });
export type RunSpec = z.output<typeof RunSpec>;
export type RunSpecInput = z.input<typeof RunSpec>;
