import { type ProjectId, UserError, type WebhookId } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { and, eq, type SQL } from "../drizzle.ts";
import { webhooks } from "../schema/webhooks.ts";

/** Which webhook, and (for callers of the API) whose: one of another project is not there. */
export interface WebhookRef {
  readonly webhook: WebhookId;
  readonly project?: ProjectId | undefined;
}

export const ownedWebhook = ({ webhook, project }: WebhookRef): SQL | undefined =>
  and(eq(webhooks.id, webhook), project === undefined ? undefined : eq(webhooks.project, project));

export function noWebhook({ webhook }: WebhookRef): UserError {
  return new UserError(`there is no webhook ${webhook}`, { code: "not-found" });
}

/** The project of a webhook that is told things. UserError `not-found`, or `wrong-state` where it is disabled. */
export async function projectOfEnabled({ db }: Pick<Connection, "db">, ref: WebhookRef): Promise<ProjectId> {
  const [row] = await db
    .select({ project: webhooks.project, disabledAt: webhooks.disabledAt })
    .from(webhooks)
    .where(ownedWebhook(ref));
  if (row === undefined) throw noWebhook(ref);
  if (row.disabledAt === null) return row.project as ProjectId;
  throw new UserError("this webhook is disabled; enable it first", { code: "wrong-state" });
}
