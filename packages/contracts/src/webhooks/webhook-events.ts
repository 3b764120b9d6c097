import { z } from "zod";
import type { RunStateName } from "../api.ts";
import type { BatchState } from "../batch-api.ts";
import { JsonObject } from "../digest.ts";
import type { ProjectId } from "../ids.ts";
import {
  BatchData,
  ChangedRuns,
  CostData,
  DatasetData,
  LoraData,
  OverchargedMachine,
  RunData,
  StepData,
  StoppedFleet,
  StoppedTraining,
  WaitingMachine,
  WebhookNow,
} from "./webhook-data.ts";

const run = { id: `run_${"0198f3".padEnd(32, "0")}`, name: "dog", state: "running" } as const;
const step = { id: `stp_${"0198f3".padEnd(32, "0")}`, name: "train", kind: "train", state: "succeeded" } as const;
const links = { run: `/v1/runs/${run.id}` };
const lora = { id: `lor_${"0198f3".padEnd(32, "0")}`, name: "dog", version: 3, family: "sdxl" };
const batch = { id: `bat_${"0198f3".padEnd(32, "0")}`, name: "subjects" };
const change = { id: `chg_${"0198f3".padEnd(32, "0")}`, action: "cancel" } as const;
const webhook = { id: `whk_${"0198f3".padEnd(32, "0")}` };
const failure = { class: "user", code: "too-few-images", message: "3 images are left, and a LoRA needs 10" } as const;
const batchOf = (state: BatchState, succeeded: number, spentMicroUsd: number) => ({
  batch: { ...batch, state },
  runs: { total: 500, succeeded },
  spentMicroUsd,
  error: null,
  links: { batch: `/v1/batches/${batch.id}` },
});
const ended = <State extends z.output<typeof RunStateName>>(state: State) => ({ ...run, state });

interface WebhookEvent {
  readonly means: string;
  readonly data: z.ZodType<JsonObject, unknown>;
  /** Of `data`, for the documentation. */
  readonly example: unknown;
}

/** By type. A new event is a new row; one whose data changes so that receivers would break gets a new `version`. */
export const webhookEvents = {
  "run.started": {
    means: "the dispatcher has taken a run up",
    data: RunData,
    example: { run, error: null, links },
  },
  "run.succeeded": {
    means: "all steps of a run have succeeded",
    data: RunData,
    example: { run: ended("succeeded"), error: null, links },
  },
  "run.failed": {
    means: "a step of a run has failed, with its error",
    data: RunData,
    example: { run: ended("failed"), error: failure, links },
  },
  "run.cancelled": {
    means: "a run has ended because a person asked for that",
    data: RunData,
    example: { run: ended("cancelled"), error: null, links },
  },
  "run.exhausted": {
    means: "a budget, a ceiling or its deadline ended a run, with the limit",
    data: RunData,
    example: {
      run: ended("exhausted"),
      error: { class: "user", code: "budget-exhausted", message: "the budget of $2.00 has no room for what is left" },
      links,
    },
  },
  "run.resumed": {
    means: "a person took a run up again that had ended",
    data: RunData,
    example: { run, error: null, links },
  },
  "step.succeeded": {
    means: "the output of a step is there",
    data: StepData,
    example: { run, step, items: 1, error: null, links },
  },
  "step.reused": {
    means: "a step took an earlier result with the same key",
    data: StepData,
    example: { run, step: { ...step, state: "reused" }, items: 1, error: null, links },
  },
  "step.failed": {
    means: "a job of a step has failed for good, with its error",
    data: StepData,
    example: { run, step: { ...step, state: "failed" }, items: null, error: failure, links },
  },
  "step.cancelled": {
    means: "a step has ended without an output",
    data: StepData,
    example: { run, step: { ...step, state: "cancelled" }, items: null, error: null, links },
  },
  "batch.started": {
    means: "a batch of runs was submitted; each is planned and started from now on",
    data: BatchData,
    example: batchOf("planning", 0, 0),
  },
  "batch.stopped": {
    means: "as many runs of a batch failed as it may have failures; what is open of it is being cancelled",
    data: BatchData,
    example: {
      ...batchOf("running", 40, 120_000_000),
      error: {
        class: "user",
        code: "too-many-failures",
        message: "25 of its runs failed, and it may have 25 failures",
      },
    },
  },
  "batch.succeeded": {
    means: "all runs of a batch have succeeded",
    data: BatchData,
    example: batchOf("succeeded", 500, 1_400_000_000),
  },
  "batch.failed": {
    means: "nothing of a batch is open any more, and some of its runs are not done",
    data: BatchData,
    example: batchOf("failed", 492, 1_390_000_000),
  },
  "batch.cancelled": {
    means: "nothing of a batch is open any more, because a person asked for that",
    data: BatchData,
    example: batchOf("cancelled", 120, 330_000_000),
  },
  "batch.resumed": {
    means: "a person took a batch up again",
    data: BatchData,
    example: batchOf("running", 492, 1_390_000_000),
  },
  "runs.changed": {
    means: "a change of many runs was applied; told to each project of which it changed some",
    data: ChangedRuns,
    example: { change, changed: 37, links: { change: `/v1/bulk-changes/${change.id}` } },
  },
  "lora.released": {
    means: "a run has put a new version of a LoRA into the library",
    data: LoraData,
    example: { lora, run: { id: run.id }, links: { ...links, lora: `/v1/loras/${lora.id}` } },
  },
  "dataset.made": {
    means: "a run has made a new version of a dataset",
    data: DatasetData,
    example: {
      dataset: { name: "dog", version: 2, digest: "5e".repeat(32), images: 48 },
      run: { id: run.id },
      links: { ...links, dataset: "/v1/datasets/dog%405e5e5e5e5e5e" },
    },
  },
  "training.stopped": {
    means:
      "the money or the time of a training ran out, with the limit; a LoRA is made of what it has, if the run asks for that",
    data: StoppedTraining,
    example: { run, step: { ...step, state: "running" }, by: "the budget of the run", links },
  },
  "cost.off-quote": {
    means: "the bill of a run is known, and further from its quote than it should be",
    data: CostData,
    example: {
      run: ended("succeeded"),
      verdict: "beyond-p90",
      expectedMicroUsd: 1_200_000,
      p90MicroUsd: 1_500_000,
      billedMicroUsd: 1_800_000,
      links: { ...links, costs: `${links.run}/costs` },
    },
  },
  "machine.waits": {
    means: "a machine is wanted and not rented, because a ceiling or a limit of the fleet has no room; project `fleet`",
    data: WaitingMachine,
    example: { run, reason: "the ceiling of $25.00 by the day of the account has no room", links },
  },
  "machine.overcharged": {
    means: "trainings were charged more for a machine than its last bill says; project `fleet`",
    data: OverchargedMachine,
    example: { run, billedMicroUsd: 900_000, byMicroUsd: 20_000, links },
  },
  "fleet.stopped": {
    means: "nothing is rented any more, by a person or because a provider refused; project `fleet`",
    data: StoppedFleet,
    example: { reason: "runpod: the balance is used up", by: "provisioner", links: { fleet: "/v1/fleet" } },
  },
  "webhook.disabled": {
    means: "another webhook of the project is told nothing any more, and why",
    data: WebhookNow.extend({ reason: z.string() }),
    example: {
      webhook,
      reason: "its receiver answered 410: it is gone",
      links: { webhook: `/v1/webhooks/${webhook.id}` },
    },
  },
  "webhook.test": {
    means: "somebody asked for a message to see whether it arrives; told whatever events were chosen",
    data: WebhookNow,
    example: { webhook, links: { webhook: `/v1/webhooks/${webhook.id}` } },
  },
} as const satisfies Record<string, WebhookEvent>;

export type WebhookEventType = keyof typeof webhookEvents;
export type WebhookData<Type extends WebhookEventType> = z.input<(typeof webhookEvents)[Type]["data"]>;
export const WebhookEventType = z.enum(Object.keys(webhookEvents) as [WebhookEventType, ...WebhookEventType[]]);

/**
 * The body of every message. A receiver that knows only some types reads `type` first: servers may be newer than it is, and
 * tell more.
 */
export const WebhookMessage = z.object({
  type: z.string().describe("What happened, such as run.succeeded"),
  version: z.int().describe("Of the form of `data`: 1"),
  timestamp: z.iso.datetime().describe("When it happened"),
  project: z.string().describe("Name of the project that it happened in"),
  data: JsonObject,
});
export type WebhookMessage = z.output<typeof WebhookMessage>;

/** An event of a project, ready to be told to whoever listens. */
export interface ToldEvent<Type extends WebhookEventType = WebhookEventType> {
  readonly project: ProjectId;
  readonly type: Type;
  /** What it is about, such as a run: messages with one subject are first sent in the order of what happened. */
  readonly subject: string;
  readonly data: WebhookData<Type>;
}
