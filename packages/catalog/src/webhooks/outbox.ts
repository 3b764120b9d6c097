import type { Clock, DeliveryOutcome, LeasedDelivery, WebhookOutbox } from "@loramill/contracts";
import { type Connection, inTransaction, toNumber } from "../connection.ts";
import type { WebhookSecret } from "../schema/webhooks.ts";
import { disableWebhook } from "./disable-webhook.ts";
import { livingSecrets } from "./secrets.ts";

/**
 * Leases what is due. Each webhook has room of its own, so that a slow one takes nobody's place, and its messages of one
 * subject go out in their order: a later one waits as long as an earlier one is under way or was never tried.
 * What was told to a webhook in the moment in which it was disabled has failed.
 */
const LEASE = `
with hearing as materialized (
  select w.id, w.url, w.secrets, w.failing_since,
    case when w.failing_since is null then $2 else 1 end - (
      select count(*)::int from loramill.webhook_deliveries d
      where d.webhook = w.id and d.state = 'pending' and d.leased_until > now()
    ) as room
  from loramill.webhooks w
  where w.disabled_at is null and exists (
    select from loramill.webhook_deliveries d where d.webhook = w.id and d.state = 'pending' and d.due_at <= now()
  )
), ended as (
  update loramill.webhook_deliveries d set state = 'failed', error = 'the webhook was disabled', ended_at = now()
  from loramill.webhooks w
  where w.disabled_at is not null and d.webhook = w.id and d.state = 'pending'
), due as materialized (
  select h.url, h.secrets, h.failing_since, d.webhook, d.message
  from hearing h cross join lateral (
    select d.webhook, d.message from loramill.webhook_deliveries d
    where d.webhook = h.id and d.state = 'pending' and d.due_at <= now()
      and (d.leased_until is null or d.leased_until <= now())
      and not exists (
        select from loramill.webhook_deliveries e
        where e.webhook = d.webhook and e.subject = d.subject and e.seq < d.seq and e.state = 'pending'
          and (e.attempts = 0 or e.leased_until > now())
      )
    order by d.due_at, d.seq
    limit greatest(h.room, 0)
    for update of d skip locked
  ) d
  limit $1
)
update loramill.webhook_deliveries d
set attempts = d.attempts + 1, leased_until = now() + $3 * interval '1 ms', last_attempt_at = now()
from due, loramill.webhook_messages m
where d.webhook = due.webhook and d.message = due.message and m.id = due.message
returning d.webhook, d.message, d.type, d.seq, due.url, due.secrets, m.body, d.attempts as attempt,
  extract(epoch from now() - d.tried_since) * 1000 as tried_ms,
  coalesce(extract(epoch from now() - due.failing_since) * 1000, 0) as failing_ms`;

interface LeasedRow extends Pick<LeasedDelivery, "webhook" | "message" | "type" | "url" | "body" | "attempt"> {
  readonly seq: string;
  readonly secrets: readonly WebhookSecret[];
  readonly tried_ms: string;
  readonly failing_ms: string;
}

/** The outbox as its senders need it; any number of processes may share it. */
export function outboxQueries({ pool }: Connection, clock: Clock) {
  return {
    async lease({ limit, perWebhook, leaseMs }) {
      const { rows } = await pool.query<LeasedRow>({
        name: "lease-webhooks",
        text: LEASE,
        values: [limit, perWebhook, leaseMs],
      });
      return rows
        .sort((a, b) => toNumber(a.seq) - toNumber(b.seq))
        .map(({ seq: _, secrets, tried_ms, failing_ms, ...row }) => ({
          ...row,
          secrets: livingSecrets(secrets, clock.now()).map(({ value }) => value),
          triedMs: toNumber(tried_ms),
          failingMs: toNumber(failing_ms),
        }));
    },

    async settle({ webhook, message, attempt }, outcome) {
      return inTransaction(pool, async (sql) => {
        const { rowCount } = await sql.query(
          `update loramill.webhook_deliveries
           set state = $4, status = $5, duration_ms = $6, error = $7, leased_until = null,
             due_at = now() + $8 * interval '1 ms', ended_at = case when $4 = 'pending' then null else now() end
           where webhook = $1 and message = $2 and attempts = $3 and state = 'pending'`,
          [webhook, message, attempt, ...columnsOf(outcome)],
        );
        if (rowCount !== 1) return false;
        const isAnswering = outcome.kind === "delivered";
        await sql.query(
          `update loramill.webhooks set failing_since = ${isAnswering ? "null" : "now()"}
           where id = $1 and (failing_since is ${isAnswering ? "not null" : "null"})`,
          [webhook],
        );
        if (!isAnswering && outcome.disable !== null) await disableWebhook(sql, webhook, outcome.disable);
        return true;
      });
    },

    async release({ webhook, message, attempt }) {
      await pool.query(
        `update loramill.webhook_deliveries set leased_until = null
         where webhook = $1 and message = $2 and attempts = $3 and state = 'pending'`,
        [webhook, message, attempt],
      );
    },

    /** Messages that wait, and for how many seconds the one that is due for longest. */
    async waiting(): Promise<{ readonly pending: number; readonly overdueSeconds: number }> {
      const { rows } = await pool.query<{ pending: number; overdue: string }>(
        `select count(*)::int as pending, greatest(0, coalesce(extract(epoch from now() - min(d.due_at)), 0)) as overdue
         from loramill.webhook_deliveries d join loramill.webhooks w on w.id = d.webhook
         where d.state = 'pending' and w.disabled_at is null`,
      );
      return { pending: rows[0]?.pending ?? 0, overdueSeconds: toNumber(rows[0]?.overdue ?? 0) };
    },

    /** Forgets messages older than this that are not pending anywhere. */
    async forget(keepMs: number): Promise<number> {
      const { rowCount } = await pool.query(
        `delete from loramill.webhook_messages where id in (
           select m.id from loramill.webhook_messages m
           where m.created_at < now() - $1 * interval '1 ms' and not exists (
             select from loramill.webhook_deliveries d where d.message = m.id and d.state = 'pending'
           )
           order by m.created_at limit 10000
         )`,
        [keepMs],
      );
      return rowCount ?? 0;
    },
  } satisfies WebhookOutbox & Record<string, unknown>;
}

function columnsOf(outcome: DeliveryOutcome): readonly unknown[] {
  const { kind, status, durationMs } = outcome;
  if (kind === "delivered") return ["delivered", status, durationMs, null, 0];
  return [kind === "retry" ? "pending" : "failed", status, durationMs, outcome.error, Math.ceil(outcome.waitMs)];
}
