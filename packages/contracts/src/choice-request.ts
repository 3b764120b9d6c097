import { z } from "zod";
import { LORA_STRENGTH_BUDGET } from "./generation/generation-parts.ts";
import { MAX_PROMPT_LENGTH } from "./intelligence.ts";
import { LoraRef } from "./lora-ref.ts";

/** How much is decided without the user: everything, everything but subject to a look, or nothing. */
export const ChoiceMode = z.enum(["auto", "assisted", "manual"]);
export type ChoiceMode = z.output<typeof ChoiceMode>;

export const Priority = z.enum(["speed", "balanced", "quality"]);
export type Priority = z.output<typeof Priority>;

/** Which parts of the weights wait in main memory; each needs less graphics memory and more time than the one before. */
export const Offload = z.enum(["none", "text-encoders", "blocks", "sequential"]);
export type Offload = z.output<typeof Offload>;

export const WeightPrecision = z.enum(["fp32", "bf16", "fp16", "fp8"]);
export type WeightPrecision = z.output<typeof WeightPrecision>;

export const GivenLora = z.strictObject({
  lora: LoraRef,
  strength: z.number().min(0).max(2).optional().describe("Left out: as its ratings or its metadata suggest, else 0.8"),
});
export type GivenLora = z.output<typeof GivenLora>;

const side = z.int().min(32).max(4096);

/** What a user has decided about the parameters. */
export const GivenParameters = z.strictObject({
  steps: z.int().min(1).max(200).optional(),
  guidance: z.number().min(0).max(30).optional(),
  sampler: z.string().min(1).max(64).optional(),
  scheduler: z.string().min(1).max(64).optional(),
  width: side.optional(),
  height: side.optional(),
  frames: z.int().min(1).max(1000).optional().describe("Of a video; pictures have one"),
  precision: WeightPrecision.optional(),
  offload: Offload.optional(),
});
export type GivenParameters = z.output<typeof GivenParameters>;

export const ChoiceConstraints = z.strictObject({
  maxSeconds: z.number().positive().max(86_400).optional().describe("Most seconds for one picture or clip, at p90"),
  maxVramBytes: z.number().positive().optional().describe("Most graphics memory, in bytes, at p90"),
  priority: Priority.default("balanced"),
});
export type ChoiceConstraints = z.output<typeof ChoiceConstraints>;

export const LoraPreferences = z.strictObject({
  maxLoras: z.int().min(0).max(16).default(3).describe("Most LoRAs at once; those that are given count"),
  minConfidence: z.number().min(0).max(1).default(0.6).describe("Less certain ones are not chosen"),
  styleMixing: z.boolean().default(true).describe("false: no two LoRAs of different styles"),
  strengthBudget: z
    .number()
    .positive()
    .max(32)
    .default(LORA_STRENGTH_BUDGET)
    .describe("Most that the strengths of all LoRAs add up to, where they are not given"),
});
export type LoraPreferences = z.output<typeof LoraPreferences>;

/** What is asked for, before anything is chosen. What is given here always wins and is marked so. */
export const ChoiceRequest = z.strictObject({
  prompt: z.string().min(1).max(MAX_PROMPT_LENGTH),
  negativePrompt: z.string().max(MAX_PROMPT_LENGTH).default(""),
  model: z.string().min(1).max(64).describe("What draws, such as sdxl or flux-dev; docs/intelligence.md lists them"),
  loras: z.array(GivenLora).max(16).default([]),
  parameters: GivenParameters.prefault({}),
  constraints: ChoiceConstraints.prefault({}),
  preferences: LoraPreferences.prefault({}),
});
export type ChoiceRequest = z.output<typeof ChoiceRequest>;
export type ChoiceRequestInput = z.input<typeof ChoiceRequest>;

/** What a user changes of a proposal; what is left out stays. */
export const ChoiceEdit = z.strictObject({
  drop: z.array(LoraRef).max(16).default([]),
  loras: z.array(GivenLora).max(16).default([]).describe("Added, or given another strength"),
  parameters: GivenParameters.prefault({}),
});
export type ChoiceEdit = z.output<typeof ChoiceEdit>;
export type ChoiceEditInput = z.input<typeof ChoiceEdit>;
