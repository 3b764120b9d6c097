import { z } from "zod";
import { JobId, RunId } from "../ids.ts";
import { MicroUsd } from "../money.ts";

/** The shapes of `/v1/fleet`: machines, the plan that made them, what they cost, and the switches. Times are ISO 8601 in UTC. */
const Time = z.iso.datetime();

export const OfferView = z.object({
  provider: z.string(),
  gpuType: z.string(),
  region: z.string(),
  cloud: z.string().nullable(),
  interruptible: z.boolean(),
  vramBytes: z.int(),
  pricePerHourMicroUsd: MicroUsd,
  available: z.int().min(0),
});
export type OfferView = z.output<typeof OfferView>;

export const PodView = z.object({
  name: z.string(),
  provider: z.string(),
  state: z.enum(["wanted", "booting", "ready", "draining", "ending", "ended"]),
  run: RunId,
  offer: OfferView.nullable().describe("What was rented; null until then"),
  billSeconds: z.number(),
  billMicroUsd: MicroUsd,
  billIsFinal: z.boolean(),
  active: z.int().min(0).nullable().describe("Trainings on it when its agent was last asked"),
  slots: z.int().min(0).nullable(),
  trainers: z.array(z.string()).nullable().describe("What its agent can train with; null until it has answered"),
  wantedFor: z.array(JobId),
  createdAt: Time,
  rentedAt: Time.nullable(),
  answeredAt: Time.nullable(),
  busyAt: Time.nullable(),
  leaseUntil: Time.nullable(),
  endedAt: Time.nullable(),
  reason: z.string().nullable(),
});
export type PodView = z.output<typeof PodView>;

export const FleetView = z.object({
  stopped: z
    .object({ reason: z.string(), by: z.string().nullable() })
    .nullable()
    .describe("Why nothing is rented; null while machines may be"),
  dryRun: z
    .boolean()
    .describe(
      "Nothing new is rented: plans show what would be. Machines that are there are kept and given back as ever",
    ),
  plannedAt: Time.nullable().describe("When the fleet was last planned; null where no fleet is configured"),
  pricePerHourMicroUsd: MicroUsd.describe("Of all machines that are rented now"),
  machines: z.array(PodView),
});
export type FleetView = z.output<typeof FleetView>;

export const FleetQuery = z.object({
  ended: z
    .stringbool()
    .default(false)
    .describe("Also machines that have ended: the latest 200, latest first, behind those that live"),
});

/** A job that a machine is for, with its run, which commands take. */
export const PlannedJob = z.object({ job: JobId, run: RunId, name: z.string().describe("Of its run") });
export type PlannedJob = z.output<typeof PlannedJob>;

export const FleetPlanView = z.object({
  plannedAt: Time.nullable(),
  decisions: z.array(
    z.object({
      kind: z.enum(["create", "keep", "drain", "end", "wait"]),
      pod: z.string().nullable(),
      jobs: z.array(PlannedJob).describe("Without those that are gone since"),
      because: z.string(),
      candidates: z.array(OfferView),
      expected: z.object({ seconds: z.number(), microUsd: MicroUsd }).nullable(),
    }),
  ),
});
export type FleetPlanView = z.output<typeof FleetPlanView>;

export const OfferList = z.object({
  items: z.array(
    OfferView.extend({
      failureShare: z.number().describe("Expected share of its machines that come to grief"),
      seenAt: Time,
    }),
  ),
});
export type OfferList = z.output<typeof OfferList>;

/** One machine as the ledger has it, and as its provider's books do. */
export const PodBill = z.object({
  pod: z.string(),
  provider: z.string(),
  remoteId: z.string().nullable(),
  chargedMicroUsd: MicroUsd,
  meteredMicroUsd: MicroUsd.describe("What the provider said of the machine while it lived and when it ended"),
  billedMicroUsd: MicroUsd.nullable().describe("What the provider's books say; null until they tell of it"),
  booksReadAt: Time.nullable().describe("When its entries in the books were last read; null until they tell of it"),
  isFinal: z.boolean(),
});
export type PodBill = z.output<typeof PodBill>;

/**
 * `gapShare`: billed over charged, less 1, of the machines whose accounts are closed and that the books tell of; null without
 * any. `isCut`: there were more machines, and the sums are those of the ones that are told.
 */
export const BillList = z.object({
  items: z.array(PodBill),
  chargedMicroUsd: MicroUsd,
  billedMicroUsd: MicroUsd,
  gapShare: z.number().nullable(),
  isCut: z.boolean(),
});
export type BillList = z.output<typeof BillList>;

export const BillQuery = z.object({
  from: z.iso.datetime({ offset: true }).optional().describe("Machines that were wanted from this moment on"),
});

export const AuditEntry = z.object({
  id: z.int(),
  at: Time,
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  details: z.record(z.string(), z.json()),
});
export const AuditList = z.object({ items: z.array(AuditEntry).describe("Latest first") });
export type AuditList = z.output<typeof AuditList>;

export const AuditQuery = z.object({
  subject: z.string().min(1).max(200).optional().describe("Only what was done to this: a machine, a batch, a webhook"),
  before: z.coerce.number().int().min(1).optional().describe("Older than the entry with this id: pages backwards"),
  limit: z.coerce.number().int().min(1).max(1_000).default(200),
});
export type AuditQuery = z.output<typeof AuditQuery>;

export const StopFleet = z.object({
  reason: z.string().min(1).max(500).default("stopped by hand"),
  all: z.boolean().default(false).describe("Ends every machine at once; left out: those at work finish what they have"),
});
export type StopFleet = z.input<typeof StopFleet>;

export const FleetSwitches = z.object({ dryRun: z.boolean() });
export const PodReason = z.object({ reason: z.string().min(1).max(500).default("by hand") });
