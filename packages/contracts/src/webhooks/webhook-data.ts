import { z } from "zod";
import { RunStateName, StepStateName } from "../api.ts";
import { BatchState } from "../batch-api.ts";
import { Digest } from "../digest.ts";
import { ErrorRecord } from "../errors.ts";
import { BatchId, BulkChangeId, RunId, StepId } from "../ids.ts";
import { MicroUsd } from "../money.ts";
import { StepKind } from "../plan-lock.ts";
import { QuoteVerdict } from "../quote-api.ts";

/** What the events of webhooks carry. Thin on purpose: states, ids, and links to the rest. */
const Link = z.string().describe("Path of the API, to be asked with a key");
const RunNow = z.object({ id: RunId, name: z.string(), state: RunStateName.describe("When it happened") });
const StepNow = z.object({ id: StepId, name: z.string(), kind: StepKind, state: StepStateName });
const Failure = ErrorRecord.pick({ class: true, code: true, message: true });
const RunLinks = z.object({ run: Link });

export const RunData = z.object({ run: RunNow, error: Failure.nullable().default(null), links: RunLinks });
export const StepData = z.object({
  run: RunNow,
  step: StepNow,
  items: z.int().nullable().default(null).describe("Of its output, where there is one"),
  error: Failure.nullable().default(null),
  links: RunLinks,
});
export const BatchData = z.object({
  batch: z.object({ id: BatchId, name: z.string(), state: BatchState.describe("When it happened") }),
  runs: z.object({ total: z.int(), succeeded: z.int() }).describe("Those that it makes, and those that are done"),
  spentMicroUsd: MicroUsd.describe("What its runs have cost so far"),
  error: Failure.nullable().default(null).describe("Why it was stopped, where it was"),
  links: z.object({ batch: Link }),
});
export const ChangedRuns = z.object({
  change: z.object({ id: BulkChangeId, action: z.enum(["cancel", "resume", "priority"]) }),
  changed: z.int().describe("Runs of this project that it changed"),
  links: z.object({ change: Link.describe("To be asked with the key that made it") }),
});
export const LoraData = z.object({
  lora: z.object({ id: z.string(), name: z.string(), version: z.int(), family: z.string() }),
  run: z.object({ id: RunId }),
  links: RunLinks.extend({ lora: Link }),
});
export const DatasetData = z.object({
  dataset: z.object({ name: z.string(), version: z.int(), digest: Digest, images: z.int() }),
  run: z.object({ id: RunId }),
  links: RunLinks.extend({ dataset: Link }),
});
export const CostData = z.object({
  run: RunNow,
  verdict: QuoteVerdict,
  expectedMicroUsd: MicroUsd,
  p90MicroUsd: MicroUsd,
  billedMicroUsd: MicroUsd,
  links: RunLinks.extend({ costs: Link }),
});
export const StoppedTraining = z.object({
  run: RunNow,
  step: StepNow,
  by: z.string().describe("The limit, in words"),
  links: RunLinks,
});
export const WaitingMachine = z.object({ run: RunNow, reason: z.string(), links: RunLinks });
export const OverchargedMachine = z.object({
  run: RunNow,
  billedMicroUsd: MicroUsd.describe("Its last bill"),
  byMicroUsd: MicroUsd.describe("How much more than that trainings were charged for it"),
  links: RunLinks,
});
export const StoppedFleet = z.object({ reason: z.string(), by: z.string(), links: z.object({ fleet: Link }) });
export const WebhookNow = z.object({ webhook: z.object({ id: z.string() }), links: z.object({ webhook: Link }) });
