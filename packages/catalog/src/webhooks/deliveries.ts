import {
  type DeliveryDetail,
  type DeliveryState,
  type DeliveryView,
  type MessageId,
  UserError,
  WebhookMessage,
} from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { and, desc, eq, lt } from "../drizzle.ts";
import { limitOf, type Page, type PageRequest, parseNumbers, toPage } from "../queries/paging.ts";
import { webhookDeliveries as deliveries, webhookMessages } from "../schema/webhooks.ts";
import { projectOfEnabled, type WebhookRef } from "./webhook-ref.ts";

/** Messages that one request sends again. */
const MOST_AGAIN = 10_000;

type Row = typeof deliveries.$inferSelect;
type DeliveryRef = WebhookRef & { readonly message: MessageId };

/** What was told to webhooks, and what came of it. */
export function webhookDeliveryQueries({ db, pool }: Connection) {
  const ring = () => pool.query("select pg_notify('loramill_webhooks', '')");

  return {
    /** Newest first. */
    async deliveries(
      filter: PageRequest &
        Pick<WebhookRef, "webhook"> & {
          readonly state?: DeliveryState | undefined;
          readonly event?: string | undefined;
        },
    ): Promise<Page<DeliveryView>> {
      const limit = limitOf(filter);
      const [before] = parseNumbers(filter.cursor, 1) ?? [];
      const rows = await db
        .select()
        .from(deliveries)
        .where(
          and(
            eq(deliveries.webhook, filter.webhook),
            filter.state === undefined ? undefined : eq(deliveries.state, filter.state),
            filter.event === undefined ? undefined : eq(deliveries.type, filter.event),
            before === undefined ? undefined : lt(deliveries.seq, before),
          ),
        )
        .orderBy(desc(deliveries.seq))
        .limit(limit + 1);
      return toPage(rows, limit, toView, ({ seq }) => String(seq));
    },

    async delivery({ webhook, message }: DeliveryRef): Promise<DeliveryDetail | null> {
      const [row] = await db
        .select({ delivery: deliveries, body: webhookMessages.body })
        .from(deliveries)
        .innerJoin(webhookMessages, eq(webhookMessages.id, deliveries.message))
        .where(and(eq(deliveries.webhook, webhook), eq(deliveries.message, message)));
      if (row === undefined) return null;
      return { ...toView(row.delivery), body: WebhookMessage.parse(JSON.parse(row.body)) };
    },

    /** Sends a message again under its id; one that is pending, at once. UserError `not-found`, or `wrong-state` of a disabled one. */
    async redeliver(ref: DeliveryRef): Promise<void> {
      await projectOfEnabled({ db }, ref);
      const { rowCount } = await pool.query(
        `update loramill.webhook_deliveries
         set state = 'pending', due_at = now(), tried_since = now(), ended_at = null
         where webhook = $1 and message = $2`,
        [ref.webhook, ref.message],
      );
      if (rowCount === 0) throw new UserError(`it was never told ${ref.message}`, { code: "not-found" });
      await ring();
    },

    /** Sends what has failed and was made at `since` or later again, the oldest first. Answers how many. */
    async redeliverFailed(ref: WebhookRef, since: Date): Promise<number> {
      await projectOfEnabled({ db }, ref);
      const { rowCount } = await pool.query(
        `update loramill.webhook_deliveries
         set state = 'pending', due_at = now(), tried_since = now(), ended_at = null
         where webhook = $1 and message in (
           select message from loramill.webhook_deliveries
           where webhook = $1 and state = 'failed' and created_at >= $2 order by seq limit ${MOST_AGAIN}
         ) and state = 'failed'`,
        [ref.webhook, since],
      );
      await ring();
      return rowCount ?? 0;
    },
  };
}

function toView(row: Row): DeliveryView {
  return {
    message: row.message as MessageId,
    event: row.type,
    subject: row.subject,
    state: row.state,
    attempts: row.attempts,
    createdAt: row.createdAt.toISOString(),
    nextAttemptAt: row.state === "pending" ? row.dueAt.toISOString() : null,
    lastAttemptAt: row.lastAttemptAt?.toISOString() ?? null,
    status: row.status,
    durationMs: row.durationMs,
    error: row.error,
    endedAt: row.endedAt?.toISOString() ?? null,
  };
}
