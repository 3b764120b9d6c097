import { z } from "zod";
import { Digest, JsonObject } from "./digest.ts";
import { MicroUsd } from "./money.ts";
import { RunPolicy } from "./run-spec.ts";

export const StepKind = z.enum([
  "source",
  "prepare",
  "dataset",
  "caption",
  "train",
  "lora",
  "lora-report",
  "model",
  "generate",
  "grid",
  "verify",
  "machine",
  "volume",
]);
export type StepKind = z.output<typeof StepKind>;

/** Whether a step is of the fleet itself: it tends something for as long as it is there, and makes nothing. */
export const isOfFleet = (kind: StepKind): boolean => kind === "machine" || kind === "volume";

/**
 * How a step becomes jobs when it is ready: one job; one per part of a needed step's output; or one per range of a
 * counted list.
 */
export const FanOut = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("single") }),
  z.strictObject({ type: z.literal("parts"), of: z.string() }),
  z.strictObject({ type: z.literal("range"), items: z.int().min(1), perJob: z.int().min(1).max(64) }),
]);
export type FanOut = z.output<typeof FanOut>;

export const PlannedStep = z.strictObject({
  /** Unique in the plan, such as `caption`. */
  name: z.string().max(64),
  kind: StepKind,
  /** The job definition that does the work, and its version: raised when its results would differ. */
  job: z.string().max(64),
  jobVersion: z.int().min(1),
  /** Names of steps whose output digests become inputs, under the same names. */
  needs: z.array(z.string()),
  fanOut: FanOut,
  /** Everything that decides the result besides the inputs; canonical, no default left open, no secret. */
  params: JsonObject,
  /** Digest of what lies outside the store and was read while planning (a folder's content); null for other steps. */
  external: Digest.nullable(),
  /** Told to its jobs and no part of its key: what explains the result without deciding it. */
  about: JsonObject.optional(),
  /** What a machine has to load for its jobs: steps of one affinity are served one after the other where it is possible. */
  affinity: Digest.optional(),
  /** What the planner expects; null where it cannot know before an earlier step ended. */
  estimate: z.strictObject({
    items: z.int().min(0).nullable(),
    seconds: z.number().min(0),
    microUsd: MicroUsd,
    /**
     * Of a step whose only job asks for more as it goes and can be taken up where it was stopped: what it needs to come to its
     * first checkpoint. It is released where so much is left. Left out: it needs all of `microUsd`.
     */
    leastMicroUsd: MicroUsd.optional(),
  }),
});
export type PlannedStep = z.output<typeof PlannedStep>;

/** A RunSpec with every default, digest and seed resolved. Equal spec and inputs give equal bytes. */
export const PlanLock = z.strictObject({
  format: z.literal("loramill-plan/1"),
  name: z.string(),
  project: z.string(),
  priority: z.int().min(0).max(9),
  budgetMicroUsd: MicroUsd.nullable(),
  /** In UTC; left out where nobody said when it has to be done. */
  deadline: z.iso.datetime().optional(),
  policy: RunPolicy,
  steps: z.array(PlannedStep).min(1).max(1000),
  /** Things a person should know before starting, such as a choice that `auto` made and why. */
  notes: z.array(z.string()),
});
export type PlanLock = z.output<typeof PlanLock>;
