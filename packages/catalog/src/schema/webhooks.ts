import type { DeliveryState, WebhookEventType } from "@loramill/contracts";
import { bigint, bigserial, check, index, integer, jsonb, primaryKey, sql, text, uniqueIndex } from "../drizzle.ts";
import { createdAt, loramill, time, where } from "./columns.ts";
import { project } from "./tenancy.ts";

/** A key that messages are signed with. */
export interface WebhookSecret {
  /** As whoever signs opens it: itself, or sealed with a key that is not in the catalog. */
  readonly value: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Null for the newest; the others are being replaced. */
  readonly expiresAt: string | null;
}

/** Where events of a project are told. */
export const webhooks = loramill.table(
  "webhooks",
  {
    id: text("id").primaryKey(),
    project: project(),
    url: text("url").notNull(),
    description: text("description").notNull(),
    /** Null: all, also those that come later. */
    events: text("events").array().$type<WebhookEventType[]>(),
    /** Newest first. */
    secrets: jsonb("secrets").$type<WebhookSecret[]>().notNull(),
    disabledAt: time("disabled_at"),
    disabledReason: text("disabled_reason"),
    /** Since when it has taken no message. */
    failingSince: time("failing_since"),
    createdAt: createdAt(),
  },
  (table) => [index("webhooks_of_project").on(table.project, table.id)],
);

/** An id like those of `makeId` (a UUIDv7), made by the server, because one statement writes a message and who hears it. */
const NEW_MESSAGE_ID = sql.raw(
  "('msg_' || lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || " +
    "substr(replace(gen_random_uuid()::text, '-', ''), 14))",
);

/** What was told, once for all webhooks that hear it. `seq` is the order in which it happened. */
export const webhookMessages = loramill.table(
  "webhook_messages",
  {
    id: text("id").primaryKey().default(NEW_MESSAGE_ID),
    seq: bigserial("seq", { mode: "number" }).notNull(),
    type: text("type").notNull(),
    subject: text("subject").notNull(),
    /** The bytes that are signed and sent, the same at every attempt. */
    body: text("body").notNull(),
    createdAt: createdAt(),
  },
  (table) => [uniqueIndex("webhook_messages_seq").on(table.seq), index("webhook_messages_by_time").on(table.createdAt)],
);

/** One message to one webhook: the outbox while it is pending, the history afterwards. */
export const webhookDeliveries = loramill.table(
  "webhook_deliveries",
  {
    webhook: text("webhook")
      .notNull()
      .references(() => webhooks.id, { onDelete: "cascade" }),
    message: text("message")
      .notNull()
      .references(() => webhookMessages.id, { onDelete: "cascade" }),
    /** Of the message, as `type` and `subject` are: what is due is found without it. */
    seq: bigint("seq", { mode: "number" }).notNull(),
    type: text("type").notNull(),
    subject: text("subject").notNull(),
    state: text("state").$type<DeliveryState>().notNull().default("pending"),
    /** Times it was leased; a lease counts while no other has raised it. */
    attempts: integer("attempts").notNull().default(0),
    dueAt: time("due_at").notNull().defaultNow(),
    leasedUntil: time("leased_until"),
    /** When it was made, or somebody asked for it again. */
    triedSince: time("tried_since").notNull().defaultNow(),
    lastAttemptAt: time("last_attempt_at"),
    status: integer("status"),
    durationMs: integer("duration_ms"),
    error: text("error"),
    endedAt: time("ended_at"),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.webhook, table.message] }),
    check("webhook_deliveries_state", sql.raw("state in ('pending', 'delivered', 'failed')")),
    index("webhook_deliveries_due").on(table.webhook, table.dueAt).where(where("state = 'pending'")),
    index("webhook_deliveries_in_order").on(table.webhook, table.subject, table.seq).where(where("state = 'pending'")),
    index("webhook_deliveries_leased").on(table.webhook).where(where("leased_until is not null")),
    index("webhook_deliveries_newest").on(table.webhook, table.seq),
    index("webhook_deliveries_of_message").on(table.message),
  ],
);
