import type { ProjectId } from "@loramill/contracts";
import type { Sql } from "../connection.ts";
import { tellWebhooks } from "./tell-webhooks.ts";

/**
 * From now on a webhook is told nothing: what was still to be delivered has failed, and can be asked for again when it is
 * enabled. The other webhooks of its project hear of it. Nothing happens to one that is disabled already.
 */
export async function disableWebhook(sql: Sql, webhook: string, reason: string): Promise<void> {
  const { rows } = await sql.query<{ project: ProjectId }>(
    `update loramill.webhooks set disabled_at = now(), disabled_reason = $2
     where id = $1 and disabled_at is null returning project`,
    [webhook, reason],
  );
  const [disabled] = rows;
  if (disabled === undefined) return;
  await sql.query(
    `update loramill.webhook_deliveries
     set state = 'failed', error = 'the webhook was disabled', ended_at = now(), leased_until = null
     where webhook = $1 and state = 'pending'`,
    [webhook],
  );
  const data = { webhook: { id: webhook }, reason, links: { webhook: `/v1/webhooks/${webhook}` } };
  await tellWebhooks(sql, { project: disabled.project, type: "webhook.disabled", subject: webhook, data });
}
