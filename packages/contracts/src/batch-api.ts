import { z } from "zod";
import { page, RunStateName, RunSummary } from "./api.ts";
import { Digest, JsonObject } from "./digest.ts";
import { ErrorRecord } from "./errors.ts";
import { BatchId } from "./ids.ts";
import { MicroUsd } from "./money.ts";
import { QuoteStep } from "./quote-api.ts";
import { RunSpec } from "./run-spec.ts";

const Time = z.iso.datetime();

/** Which of the places in a batch; the first is number 1. */
const MemberNumber = z.int().min(1);

/** One run of a batch as its expansion makes it. */
export const PlannedMember = z.object({
  number: MemberNumber,
  name: z.string().describe("Name of its run"),
  values: JsonObject.describe("What sets it apart: folder, row and matrix, as far as the batch has them"),
  spec: RunSpec,
});
export type PlannedMember = z.output<typeof PlannedMember>;

/** Members are asked for from a number on, so that no request takes minutes. */
export const MembersQuery = z.object({
  from: z.coerce.number().int().min(1).default(1).describe("Number of the first member"),
});

export const BatchPlan = z.object({
  total: z.int().describe("Runs that the batch makes"),
  members: z.array(PlannedMember),
  next: z.int().nullable().describe("`from` of the next part; null on the last"),
});
export type BatchPlan = z.output<typeof BatchPlan>;

export const MemberQuote = z.object({
  number: MemberNumber,
  name: z.string(),
  steps: z.array(
    QuoteStep.pick({
      name: true,
      kind: true,
      cache: true,
      seconds: true,
      costMicroUsd: true,
      expectedMicroUsd: true,
    }).extend({
      work: Digest.nullable().describe("Equal for steps that do the same work; null where nothing is reused"),
    }),
  ),
  notes: z.array(z.string()),
});
export type MemberQuote = z.output<typeof MemberQuote>;

/** `refused`: members that cannot be planned now, and why. */
export const BatchQuotePart = z.object({
  total: z.int(),
  members: z.array(MemberQuote),
  refused: z.array(z.object({ number: MemberNumber, name: z.string(), error: ErrorRecord })),
  next: z.int().nullable(),
});
export type BatchQuotePart = z.output<typeof BatchQuotePart>;

/** `waiting`: not planned yet; `refused`: it could not be; the others are states of its run. */
export const MemberState = z.enum(["waiting", "refused", ...RunStateName.options]);
export type MemberState = z.output<typeof MemberState>;

/** `planning` while members wait for their plan, `running` while runs are open, then how it ended. */
export const BatchState = z.enum(["planning", "running", "succeeded", "failed", "cancelled"]);
export type BatchState = z.output<typeof BatchState>;

export const BatchFailure = z.object({
  code: z.string(),
  count: z.int(),
  message: z.string().describe("Of the first of them"),
  members: z.array(z.string()).describe("Names of the first ones"),
});
export type BatchFailure = z.output<typeof BatchFailure>;

export const BatchSummary = z.object({
  id: BatchId,
  name: z.string(),
  project: z.string(),
  state: BatchState,
  total: z.int(),
  counts: z.record(MemberState, z.int()).describe("Members by state"),
  budgetMicroUsd: MicroUsd.nullable(),
  spentMicroUsd: MicroUsd,
  deadline: Time.nullable(),
  maxFailures: z.int().nullable(),
  cancelRequested: z.boolean(),
  stopped: ErrorRecord.nullable().describe("Why it was stopped before its end, where it was"),
  createdAt: Time,
});
export type BatchSummary = z.output<typeof BatchSummary>;

export const BatchView = BatchSummary.extend({
  reservedMicroUsd: MicroUsd.describe("Set aside for jobs that are at work, and not charged yet"),
  quotedMicroUsd: MicroUsd.describe("What the runs that were planned so far are expected to cost"),
  etaSeconds: z.number().nullable().describe("By the pace so far; null while no run has ended, and at the end"),
  failures: z.array(BatchFailure).describe("Most frequent first"),
});
export type BatchView = z.output<typeof BatchView>;

export const BatchMember = z.object({
  number: MemberNumber,
  name: z.string(),
  values: JsonObject,
  state: MemberState,
  run: RunSummary.pick({ id: true, spentMicroUsd: true, startedAt: true, endedAt: true }).nullable(),
  error: ErrorRecord.nullable(),
  loras: z.array(z.object({ name: z.string(), version: z.int(), document: Digest })).describe("That its run released"),
  pictures: z.int().describe("Pictures and clips that its run made"),
});
export type BatchMember = z.output<typeof BatchMember>;

export const BatchPage = page(BatchSummary);
export const BatchMemberPage = page(BatchMember);

/** What a resumed batch gets instead of what it had; what is left out stays. */
export const BatchResumeRequest = z.strictObject({
  budgetUsd: z.number().min(0).max(10_000_000).nullable().optional().describe("null: no budget"),
  deadline: z.iso.datetime({ offset: true }).nullable().optional().describe("Of its runs that are resumed; null: none"),
  maxFailures: z.int().min(1).max(100_000).nullable().optional().describe("null: no limit"),
});
export type BatchResumeRequest = z.output<typeof BatchResumeRequest>;
export const BatchResumeAnswer = z.object({
  batch: BatchView,
  resumed: z.int().describe("Runs that go on"),
  replanned: z.int().describe("Members that are planned again"),
});
