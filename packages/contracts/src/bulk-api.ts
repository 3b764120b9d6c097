import { z } from "zod";
import { page, RunStateName } from "./api.ts";
import { ResumeRequest } from "./ceiling-api.ts";
import { Digest } from "./digest.ts";
import { BatchId, BulkChangeId, RunId } from "./ids.ts";
import { MicroUsd } from "./money.ts";
import { Name } from "./name.ts";

const Time = z.iso.datetime();

/** Most runs that one change reaches, the oldest first; what is left matches the filter of the next. */
export const MAX_BULK_RUNS = 1_000;

/** What is done to many runs. */
export const BulkAction = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("cancel") }),
  z.strictObject({ kind: z.literal("resume"), ...ResumeRequest.shape }),
  z.strictObject({ kind: z.literal("priority"), priority: z.int().min(0).max(9).describe("0 is served first") }),
]);
export type BulkAction = z.output<typeof BulkAction>;

/** To which runs: those that match everything that is given. */
export const RunFilter = z.strictObject({
  project: Name.optional(),
  states: z.array(RunStateName).min(1).optional(),
  batch: BatchId.optional(),
  name: z.string().min(1).max(100).optional().describe("A name, in which * stands for anything"),
  createdBefore: z.iso.datetime({ offset: true }).optional(),
  createdAfter: z.iso.datetime({ offset: true }).optional(),
  errorCode: z.string().min(1).max(64).optional().describe("Code of the error that ended them"),
});
export type RunFilter = z.output<typeof RunFilter>;

export const BulkChangeRequest = z.strictObject({
  action: BulkAction,
  filter: RunFilter.prefault({}),
  limit: z.int().min(1).max(MAX_BULK_RUNS).default(MAX_BULK_RUNS).describe("The oldest so many"),
});
export type BulkChangeRequest = z.output<typeof BulkChangeRequest>;

/** A run that was to be changed and is not, because it has moved on since the preview. */
export const SkippedRun = z.object({
  run: RunId,
  name: z.string(),
  was: RunStateName,
  is: RunStateName.nullable().describe("null: it is gone"),
});
export type SkippedRun = z.output<typeof SkippedRun>;

export const BulkOutcome = z.object({ appliedAt: Time, changed: z.int(), skipped: z.array(SkippedRun) });
export type BulkOutcome = z.output<typeof BulkOutcome>;

/** What a change would do, and once it was applied, what it did. */
export const BulkChange = z.object({
  id: BulkChangeId,
  token: Digest.describe("Stands for the action and the runs it was shown for; applying takes it"),
  action: BulkAction,
  filter: RunFilter,
  matching: z.int().describe("Runs that match the filter"),
  count: z.int().describe("Those of them that it would change: whose state allows it, up to the limit"),
  states: z.partialRecord(RunStateName, z.int()).describe("Those by state"),
  spentMicroUsd: MicroUsd.describe("What they have cost so far"),
  reservedMicroUsd: MicroUsd.describe("Set aside for their jobs at work"),
  outstandingMicroUsd: MicroUsd.describe(
    "What they were quoted over what they have cost: saved by cancelling, spent by resuming",
  ),
  expiresAt: Time,
  outcome: BulkOutcome.nullable().describe("null until it is applied"),
});
export type BulkChange = z.output<typeof BulkChange>;

export const BulkRun = z.object({ run: RunId, name: z.string(), was: RunStateName.describe("When it was shown") });
export type BulkRun = z.output<typeof BulkRun>;
export const BulkRunPage = page(BulkRun);
export const BulkApplyRequest = z.strictObject({ token: Digest });
