import {
  digestOf,
  type ErrorRecord,
  type FieldSupport,
  neutralRecipe,
  type PlannedStep,
  type Recipe,
  type RecipeSupport,
  RunPolicy,
  RunSpec,
  type RunSpecInput,
  recipeFields,
} from "@loramill/contracts";
import type { GenerationChoice, PlanContext, TrainingChoice } from "../plan-context.ts";
import type { JobTally, RunSnapshot, StepSnapshot } from "../run-snapshot.ts";

export const recipe: Recipe = {
  ...neutralRecipe,
  family: "pocket",
  baseModel: "pocket",
  rank: 8,
  alpha: 8,
  learningRate: 0.002,
  batchSize: 4,
  steps: 200,
  resolution: 64,
  warmupSteps: 10,
  scheduler: "cosine",
  captionDropout: 0.1,
  horizontalFlip: false,
  saveEverySteps: 50,
  seed: 1,
};

const honoured: FieldSupport = { kind: "honoured" };
const everyField = Object.fromEntries(recipeFields.map((field) => [field, honoured])) as RecipeSupport;

/** A training backend of which only what a plan looks at is there. */
export const trainingChoice = (over: Partial<TrainingChoice> = {}): TrainingChoice => ({
  name: "pocket",
  version: "weights-1",
  available: true,
  message: "always there",
  capabilities: {
    families: ["pocket"],
    recipe: everyField,
    placement: { local: { devices: ["cpu"], optimizations: [] }, cloud: null },
    resume: true,
    cancel: true,
    logs: true,
    needsReachableStore: false,
  },
  validate: () => [],
  estimate: ({ steps }) => ({
    seconds: { p50: steps * 0.1, p90: steps * 0.2 },
    vramBytes: 5_000,
    costMicroUsd: { p50: 100, p90: 150 },
  }),
  ...over,
});

export const generationChoice = (over: Partial<GenerationChoice> = {}): GenerationChoice => ({
  name: "pocket",
  version: "weights-1",
  available: true,
  message: "always there",
  capabilities: {
    kinds: ["text-to-image"],
    families: ["pocket"],
    loraFamilies: ["pocket"],
    maxLoras: 4,
    maxSidePixels: 128,
    sideStep: 8,
    itemsPerJob: 8,
    needsReachableStore: false,
  },
  validate: () => [],
  estimate: (_, items) => ({ seconds: { p50: items, p90: items * 2 }, costMicroUsd: { p50: 0, p90: 0 } }),
  ...over,
});

export const planContext = (over: Partial<PlanContext> = {}): PlanContext => ({
  sources: { digest: digestOf("pictures"), items: 30, bytes: 30_000_000 },
  presets: { pocket: recipe },
  captioners: [
    { provider: "openai", id: "openai:llava", available: false, message: "LLAVA_API_URL is not set" },
    { provider: "describe", id: "describe/1", available: true, message: "needs no model" },
    { provider: "simple", id: "simple/1", available: true, message: "a template" },
  ],
  trainingBackends: [trainingChoice()],
  generationBackends: [generationChoice()],
  ...over,
});

/** A spec that uses every step. */
export const runSpec = (over: Partial<RunSpecInput> = {}): RunSpec =>
  RunSpec.parse({
    name: "cats",
    dataset: { sources: [{ type: "folder", path: "/pictures/cats" }] },
    caption: { triggerWord: "sks cat", className: "cat" },
    train: {},
    generate: { prompts: ["sks cat on a sofa", "sks cat in snow"], imagesPerPrompt: 3, strengths: [0, 1] },
    ...over,
  });

export const plannedStep = (over: Partial<PlannedStep> = {}): PlannedStep => ({
  name: "prepare",
  kind: "prepare",
  job: "prepare-images",
  jobVersion: 1,
  needs: ["source"],
  fanOut: { type: "parts", of: "source" },
  params: { resolution: 64 },
  external: null,
  estimate: { items: null, seconds: 0, microUsd: 0 },
  ...over,
});

export const tally = (over: Partial<JobTally> = {}): JobTally => {
  const counts = { open: 0, waiting: 0, succeeded: 0, failed: 0, cancelled: 0, ...over };
  const total = counts.open + counts.waiting + counts.succeeded + counts.failed + counts.cancelled;
  return { ...counts, total };
};

export const stepSnapshot = (name: string, over: Partial<StepSnapshot> = {}): StepSnapshot => ({
  name,
  state: "blocked",
  needs: [],
  jobs: tally(),
  ...over,
});

export const runSnapshot = (steps: readonly StepSnapshot[], over: Partial<RunSnapshot> = {}): RunSnapshot => ({
  state: "running",
  cancelRequested: false,
  policy: RunPolicy.parse({}),
  missedDeadline: null,
  budget: { microUsd: null, spent: 0, reserved: 0, blocked: false },
  steps,
  ...over,
});

export const errorRecord = (over: Partial<ErrorRecord> = {}): ErrorRecord => ({
  class: "transient",
  code: "connection",
  message: "the connection was lost",
  details: {},
  ...over,
});

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
