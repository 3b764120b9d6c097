import { z } from "zod";
import { CaptionSpec } from "./caption-spec.ts";
import { ComputeSpec } from "./compute-spec.ts";
import { DatasetSpec } from "./dataset-spec.ts";
import { LoraSpec } from "./lora-spec.ts";
import { Name } from "./name.ts";
import { RecipeOverrides } from "./recipe.ts";

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
  prompts: z.array(z.string().min(1).max(4000)).min(1).max(100_000),
  negativePrompt: z.string().max(4000).default(""),
  seeds: z
    .array(z.int().min(0).max(4_294_967_295))
    .min(1)
    .max(10_000)
    .optional()
    .describe("Default: `imagesPerPrompt` seeds from `baseSeed`"),
  imagesPerPrompt: z.int().min(1).max(10_000).default(1),
  baseSeed: z.int().min(0).max(4_294_967_295).default(1),
  strengths: z
    .array(z.number().min(0).max(2))
    .min(1)
    .max(32)
    .default([0.8])
    .describe("LoRA strengths; each gives a picture per prompt and seed; 0 is the base model"),
  steps: z.int().min(1).max(200).default(20),
  guidance: z.number().min(0).max(30).default(3),
  width: z.int().min(32).max(4096).optional().describe("Pixels; default: the recipe's resolution"),
  height: z.int().min(32).max(4096).optional(),
  lora: z
    .string()
    .max(256)
    .optional()
    .describe("Name or digest of a LoRA of the library; default: the one this run trains"),
  backend: z.enum(["auto", "pocket"]).default("auto"),
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
