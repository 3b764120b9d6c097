import {
  Digest,
  ErrorRecord,
  finalStates,
  JobCounts,
  JsonObject,
  MicroUsd,
  RunId,
  RunStateName,
  StepStateName,
} from "@loramill/contracts";
import { z } from "zod";

const Time = z.iso.datetime();
const Text = z.string().max(4096);

/** A step as it ended. What it was to do stands in the plan. */
export const StepRecord = z.strictObject({
  name: z.string().max(64),
  state: StepStateName.extract(finalStates.step),
  /** Digest of everything that decided its result, and the outputs that it was made from by the names of their steps. */
  key: Digest.nullable(),
  inputs: z.record(z.string().max(64), Digest),
  output: Digest.nullable(),
  items: z.int().min(0).nullable(),
  summary: JsonObject,
  reason: Text.nullable(),
  error: ErrorRecord.nullable(),
  jobs: JobCounts,
  startedAt: Time.nullable(),
  endedAt: Time.nullable(),
});
export type StepRecord = z.output<typeof StepRecord>;

/** What something cost, summed over a step's entries of one kind in the ledger. */
export const CostRecord = z.strictObject({
  step: z.string().max(64),
  kind: z.string().max(64),
  supplier: z.string().max(128),
  quantity: z.number().min(0),
  unit: z.string().max(32),
  amountMicroUsd: MicroUsd,
});
export type CostRecord = z.output<typeof CostRecord>;

/** A run that has ended, as its bundle tells of it. */
export const RunRecord = z.strictObject({
  format: z.literal("loramill-run/1"),
  run: RunId,
  name: z.string().min(1).max(100),
  project: z.string().min(1).max(100),
  state: RunStateName.extract(finalStates.run),
  /** Digest of `plan.lock.json`. */
  lock: Digest,
  error: ErrorRecord.nullable(),
  createdAt: Time,
  startedAt: Time.nullable(),
  endedAt: Time.nullable(),
  steps: z.array(StepRecord).min(1).max(1000),
  costs: z.array(CostRecord).max(10_000),
});
export type RunRecord = z.output<typeof RunRecord>;

/** A line of `events.jsonl`. */
export const EventRecord = z.strictObject({
  at: Time,
  step: z.string().max(64).nullable(),
  /** One of `runEvents` of the program that wrote it, which may be newer. */
  type: z
    .string()
    .max(64)
    .regex(/^[a-z]+\.[a-z-]+$/),
  data: JsonObject,
});
export type EventRecord = z.output<typeof EventRecord>;
