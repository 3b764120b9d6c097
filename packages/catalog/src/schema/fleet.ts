import type {
  BookEntry,
  CeilingPeriod,
  FleetDecision,
  FleetOffer,
  MachineBill,
  MachineIntent,
  OrphanMachine,
  PodHealth,
  PricePoint,
} from "@loramill/contracts";
import { bigserial, boolean, doublePrecision, index, integer, jsonb, primaryKey, text } from "../drizzle.ts";
import { createdAt, loramill, microUsd, stateCheck, stateColumn, time, where } from "./columns.ts";

/**
 * The machines that were ever wanted. What costs money stands here before it is asked for: `intent` and what was `asked` make
 * the row the `MachineIntent` of its name.
 */
export const pods = loramill.table(
  "pods",
  {
    name: text("name").primaryKey(),
    provider: text("provider").notNull(),
    state: stateColumn(),
    /** The run whose only job tends it. */
    run: text("run").notNull(),
    wantedFor: text("wanted_for").array().notNull(),
    candidates: jsonb("candidates").$type<FleetOffer[]>().notNull(),
    intent: text("intent").$type<MachineIntent["state"]>().notNull().default("open"),
    asked: jsonb("asked").$type<{ offer: FleetOffer; at: string }>(),
    remoteId: text("remote_id"),
    offer: jsonb("offer").$type<FleetOffer>(),
    address: text("address"),
    bill: jsonb("bill").$type<MachineBill>().notNull(),
    leaseUntil: time("lease_until"),
    health: jsonb("health").$type<PodHealth>(),
    reason: text("reason"),
    createdAt: createdAt(),
    rentedAt: time("rented_at"),
    answeredAt: time("answered_at"),
    busyAt: time("busy_at"),
    endedAt: time("ended_at"),
  },
  (table) => [
    stateCheck("pods_state", "pod"),
    index("pods_living").on(table.name).where(where("state <> 'ended'")),
    index("pods_by_run").on(table.run),
    index("pods_by_time").on(table.createdAt),
    index("pods_by_remote_id").on(table.remoteId).where(where("remote_id is not null")),
  ],
);

/**
 * Machines beside those of `pods` that cost money until they were given back: second ones of a name, and ones whose name nobody knows.
 * One that is a pod's after all is charged there.
 */
export const orphans = loramill.table(
  "orphans",
  {
    provider: text("provider").notNull(),
    remoteId: text("remote_id").notNull(),
    name: text("name").notNull(),
    reason: text("reason").$type<OrphanMachine["reason"]>().notNull(),
    at: time("at").notNull(),
    /** The step that stands for it in the ledger; null until it was charged for. */
    step: text("step"),
  },
  (table) => [primaryKey({ columns: [table.provider, table.remoteId] })],
);

/** What each provider offered when it was last asked; `key` as `offerKey` makes it. */
export const offers = loramill.table(
  "offers",
  {
    provider: text("provider").notNull(),
    key: text("key").notNull(),
    offer: jsonb("offer").$type<FleetOffer>().notNull(),
    seenAt: time("seen_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.provider, table.key] })],
);

/** How machines of an offer did: decaying sums, and how long they took to boot. */
export const offerRecords = loramill.table(
  "offer_records",
  {
    provider: text("provider").notNull(),
    key: text("key").notNull(),
    good: doublePrecision("good").notNull(),
    bad: doublePrecision("bad").notNull(),
    preemptions: doublePrecision("preemptions").notNull().default(0),
    hours: doublePrecision("hours").notNull().default(0),
    /** Seconds of the last boots, newest first. */
    boots: jsonb("boots").$type<number[]>().notNull().default([]),
    /** What it cost, as far back as counts: changes, oldest first. */
    prices: jsonb("prices").$type<PricePoint[]>().notNull().default([]),
    at: time("at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.provider, table.key] })],
);

/** The switches of the fleet and its last plan; one row. */
export const fleet = loramill.table("fleet", {
  id: integer("id").primaryKey().default(1),
  /** Why nothing may be rented; null while it may. */
  stopped: text("stopped"),
  /** Whether it was a person who stopped it, rather than the fleet itself. */
  stoppedBy: text("stopped_by"),
  /** Nothing new is rented; what is there is kept and given back as ever. */
  dryRun: boolean("dry_run").notNull().default(false),
  decisions: jsonb("decisions").$type<FleetDecision[]>().notNull().default([]),
  plannedAt: time("planned_at"),
});

/** What may be spent; `project` is "" for the account. */
export const ceilings = loramill.table(
  "ceilings",
  {
    project: text("project").notNull(),
    period: text("period").$type<CeilingPeriod>().notNull(),
    limitMicroUsd: microUsd("limit_micro_usd").notNull(),
    /** When it was set to this limit. */
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.project, table.period] })],
);

/** What each project spent, by day (`2026-11-21`, UTC) and in `total`: sums of the ledger, kept by the statement that writes it. */
export const spending = loramill.table(
  "spending",
  {
    period: text("period").notNull(),
    project: text("project").notNull(),
    amountMicroUsd: microUsd("amount_micro_usd").notNull(),
  },
  (table) => [primaryKey({ columns: [table.period, table.project] })],
);

/** What the providers' own books say, as far as they were read. */
export const bookEntries = loramill.table(
  "book_entries",
  {
    provider: text("provider").notNull(),
    kind: text("kind").$type<BookEntry["kind"]>().notNull(),
    remoteId: text("remote_id").notNull(),
    from: time("from").notNull(),
    to: time("to").notNull(),
    amountMicroUsd: microUsd("amount_micro_usd").notNull(),
    readAt: time("read_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.provider, table.kind, table.remoteId, table.from] })],
);

/** Who did what. Rows are added, never changed. */
export const audit = loramill.table(
  "audit",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    at: time("at").notNull().defaultNow(),
    /** A person's API key, `operator`, or the process that did it. */
    actor: text("actor").notNull(),
    action: text("action").notNull(),
    subject: text("subject").notNull(),
    details: jsonb("details").$type<Record<string, unknown>>().notNull().default({}),
  },
  (table) => [
    index("audit_of_subject").on(table.subject, table.id),
    index("audit_of_action").on(table.action, table.at),
  ],
);
