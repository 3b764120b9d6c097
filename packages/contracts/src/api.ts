import { z } from "zod";
import { RunImport } from "./bundle-api.ts";
import { Digest, JsonObject } from "./digest.ts";
import { Refusal } from "./document-parts.ts";
import { ErrorRecord } from "./errors.ts";
import { JobId, RunId, StepId } from "./ids.ts";
import { MicroUsd } from "./money.ts";
import { StepKind } from "./plan-lock.ts";
import { QuoteOutcome, RunQuote } from "./quote-api.ts";

/** The shapes of the HTTP API under `/v1`, shared by api, sdk, cli and studio. Times are ISO 8601 in UTC. */
const Time = z.iso.datetime();

/** RFC 9457. `code` is the error's stable code. */
export const Problem = z.object({
  type: z.string().default("about:blank"),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  details: z.record(z.string(), z.json()).optional(),
});
export type Problem = z.output<typeof Problem>;

export const page = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().nullable().describe("Cursor of the next page; null on the last") });
export const PageQuery = z.object({
  cursor: z.string().max(256).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export const RunStateName = z.enum(["planned", "running", "succeeded", "failed", "cancelled", "exhausted"]);
export const StepStateName = z.enum(["blocked", "ready", "running", "succeeded", "failed", "cancelled", "reused"]);
export const JobStateName = z.enum([
  "waiting",
  "released",
  "active",
  "parked",
  "succeeded",
  "failed",
  "cancelled",
  "quarantined",
]);

export const JobCounts = z.object({
  total: z.int(),
  waiting: z.int(),
  open: z.int().describe("released, active or parked"),
  succeeded: z.int(),
  failed: z.int().describe("failed or quarantined"),
  cancelled: z.int(),
});

export const StepView = z.object({
  id: StepId,
  name: z.string(),
  kind: StepKind,
  state: StepStateName,
  jobs: JobCounts,
  /** Items of the output, once there is one. */
  items: z.int().nullable(),
  summary: JsonObject,
  /** Of the job that reported last, such as step, totalSteps, loss, etaSeconds. */
  progress: JsonObject.nullable(),
  /** Digest of everything that decides the result; null until the inputs are known. */
  key: Digest.nullable(),
  /** Digest of the step's output document. */
  output: Digest.nullable(),
  reusedFrom: z.object({ run: RunId, step: StepId }).nullable(),
  /** Why the step was reused, is waiting, or was not reused: one sentence. */
  reason: z.string().nullable(),
  error: ErrorRecord.nullable(),
  startedAt: Time.nullable(),
  endedAt: Time.nullable(),
  spentMicroUsd: MicroUsd,
});
export type StepView = z.output<typeof StepView>;

export const RunView = z.object({
  id: RunId,
  name: z.string(),
  project: z.string(),
  replayOf: RunId.exactOptional().describe("The run whose plan it does again; left out where it has a plan of its own"),
  state: RunStateName,
  priority: z.int(),
  cancelRequested: z.boolean(),
  budgetMicroUsd: MicroUsd.nullable(),
  spentMicroUsd: MicroUsd,
  /** When it has to be done; null where nobody said. */
  deadline: Time.nullable(),
  error: ErrorRecord.nullable(),
  notes: z.array(z.string()),
  createdAt: Time,
  startedAt: Time.nullable(),
  endedAt: Time.nullable(),
  imported: RunImport.optional().describe("Of a run that a bundle brought: it was made elsewhere"),
  steps: z.array(StepView),
});
export type RunView = z.output<typeof RunView>;
export const RunSummary = RunView.omit({ steps: true });
export type RunSummary = z.output<typeof RunSummary>;

export const JobView = z.object({
  id: JobId,
  step: StepId,
  name: z.string(),
  queue: z.string(),
  ordinal: z.int(),
  state: JobStateName,
  epoch: z.int(),
  release: z.int(),
  attemptsSpent: z.int(),
  workersLost: z.int(),
  /** Name of the worker that claimed it last. */
  worker: z.string().nullable(),
  progress: JsonObject.nullable(),
  error: ErrorRecord.nullable(),
  notBefore: Time.nullable(),
  /** Why it waits, in one sentence; null while it runs or when it ended. */
  waitReason: z.string().nullable(),
  startedAt: Time.nullable(),
  endedAt: Time.nullable(),
});
export type JobView = z.output<typeof JobView>;

/** Something a run made that a person may want: its manifest, captions, LoRA file, pictures. */
export const ArtifactView = z.object({
  step: z.string(),
  kind: z.string(),
  name: z.string(),
  digest: Digest,
  bytes: z.int().nullable(),
  mediaType: z.string(),
  /** Signed and short-lived; relative to the API unless the store serves it. */
  url: z.string(),
  metadata: JsonObject,
});
export type ArtifactView = z.output<typeof ArtifactView>;

export const LedgerView = z.object({
  id: z.string(),
  at: Time,
  step: z.string(),
  job: JobId.nullable().describe("Null for what was paid while the run was planned"),
  epoch: z.int(),
  kind: z.string(),
  supplier: z.string(),
  quantity: z.number(),
  unit: z.string(),
  amountMicroUsd: MicroUsd,
  note: z.string(),
});
export type LedgerView = z.output<typeof LedgerView>;
export const CostView = z.object({
  run: RunId,
  totalMicroUsd: MicroUsd.describe("Of its own charges"),
  machineShareMicroUsd: MicroUsd.describe(
    "Its share of the boot and idle time of rented machines, up to now; no part of the total",
  ),
  budgetMicroUsd: MicroUsd.nullable(),
  quote: RunQuote.nullable().describe("What it was quoted when it was started; null where nobody asked"),
  outcome: QuoteOutcome.nullable().describe("Null until it has ended, and every machine that it used"),
  steps: z.array(
    z.object({ step: z.string(), amountMicroUsd: MicroUsd, attempts: z.int(), computeSeconds: z.number() }),
  ),
  entryCount: z.int().min(0).describe("Entries that the ledger has of it"),
  entries: z.array(LedgerView).describe("The first 200 of them"),
  paidElsewhere: z
    .object({
      totalMicroUsd: MicroUsd,
      entries: z.array(
        LedgerView.pick({ step: true, kind: true, supplier: true, quantity: true, unit: true, amountMicroUsd: true }),
      ),
    })
    .optional()
    .describe("Of an imported run: what its bundle says that it cost where it ran; no part of the total"),
});
export type CostView = z.output<typeof CostView>;

/** One line of a run's event stream; `id` grows, and is the SSE `Last-Event-ID`. */
export const RunEvent = z.object({
  id: z.int(),
  at: Time,
  run: RunId,
  step: z.string().nullable(),
  job: JobId.nullable(),
  /** One of `runEvents`; a text, because servers may be newer than who reads them. */
  type: z.string(),
  data: JsonObject,
});
export type RunEvent = z.output<typeof RunEvent>;

export const Explanation = z.object({
  run: RunId,
  state: RunStateName,
  steps: z.array(z.object({ name: z.string(), state: StepStateName, reason: z.string() })),
  waiting: z.array(z.object({ job: JobId, step: z.string(), reason: z.string() })),
});
export type Explanation = z.output<typeof Explanation>;

/** A file of a client, named by its content. */
export const OfferedFile = z.object({
  path: z.string().min(1).max(1024).describe("Within the dataset, with forward slashes"),
  sha256: Digest,
  bytes: z.int().min(0),
});
export type OfferedFile = z.output<typeof OfferedFile>;
export const UploadOffer = z.object({ files: z.array(OfferedFile).min(1).max(1_000_000) });
export const UploadOfferAnswer = z.object({
  listing: Digest.nullable().describe("What an `upload` source names; null as long as something is missing"),
  missing: z.array(Digest).describe("Contents to send to PUT /v1/blobs/{sha256} before asking again"),
  files: z.int(),
  bytes: z.int(),
});
export type UploadOfferAnswer = z.output<typeof UploadOfferAnswer>;

export const UploadAnswer = z.object({ listing: Digest, files: z.int(), bytes: z.int() });
export type UploadAnswer = z.output<typeof UploadAnswer>;

export const DoctorCheck = z.object({
  name: z.string(),
  status: z.enum(["ok", "warning", "error", "off"]),
  message: z.string(),
  /** What to do about it; empty when nothing. */
  advice: z.string(),
});
export type DoctorCheck = z.output<typeof DoctorCheck>;
export const DoctorAnswer = z.object({ checks: z.array(DoctorCheck) });
export type DoctorAnswer = z.output<typeof DoctorAnswer>;

export const RunPage = page(RunSummary);
export const JobPage = page(JobView);
/** An item that a run will not make, such as a prompt that a service refused. */
export const RefusedItem = Refusal.extend({
  step: z.string(),
  path: z.string().describe("Such as item 3, by its place in the grid"),
});
export type RefusedItem = z.output<typeof RefusedItem>;
export const ArtifactList = z.object({ items: z.array(ArtifactView), refused: z.array(RefusedItem).default([]) });
export const EventPage = z.object({
  items: z.array(RunEvent),
  next: z.int().nullable().describe("`after` of the next page"),
});

export const KeyScope = z.enum(["read", "write", "admin"]);
export type KeyScope = z.output<typeof KeyScope>;
export const KeyRequest = z.strictObject({
  project: z.string().min(1).max(100),
  name: z.string().min(1).max(100),
  scopes: z.array(KeyScope).min(1).max(3),
  expiresAt: Time.optional(),
});
export const KeyView = z.object({
  id: z.string(),
  project: z.string(),
  name: z.string(),
  scopes: z.array(KeyScope),
  createdAt: Time,
  expiresAt: Time.nullable(),
  lastUsedAt: Time.nullable(),
});
export type KeyView = z.output<typeof KeyView>;
/** `key` is shown once, when the key is made; the catalog keeps only its SHA-256. */
export const CreatedKey = KeyView.extend({ key: z.string() });
export const KeyList = z.object({ items: z.array(KeyView) });
