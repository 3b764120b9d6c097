import {
  type Clock,
  type MessageId,
  type ProjectId,
  UserError,
  type WebhookChange,
  type WebhookEventType,
  type WebhookId,
  type WebhookView,
} from "@loramill/contracts";
import { type Connection, inTransaction } from "../connection.ts";
import { asc, eq, sql as fragment, getTableColumns } from "../drizzle.ts";
import { projects } from "../schema/tenancy.ts";
import { webhooks } from "../schema/webhooks.ts";
import { disableWebhook } from "./disable-webhook.ts";
import { livingSecrets, replaceSecret } from "./secrets.ts";
import { tellWebhooks } from "./tell-webhooks.ts";
import { noWebhook, ownedWebhook, projectOfEnabled, type WebhookRef } from "./webhook-ref.ts";

/** Every event writes a row for each webhook that hears it. */
const MOST_IN_PROJECT = 50;

type Row = typeof webhooks.$inferSelect & { readonly projectName: string; readonly pending: number };

const columns = {
  ...getTableColumns(webhooks),
  projectName: projects.name,
  pending: fragment<number>`(select count(*)::int from loramill.webhook_deliveries d
    where d.webhook = ${webhooks.id} and d.state = 'pending')`,
};

/** Where events of a project are told. What a caller does not own is not there for it. */
export function webhookQueries({ db, pool, newId }: Connection, clock: Clock) {
  const select = () => db.select(columns).from(webhooks).innerJoin(projects, eq(projects.id, webhooks.project));
  const find = async (ref: WebhookRef): Promise<WebhookView | null> => {
    const [row] = await select().where(ownedWebhook(ref));
    return row === undefined ? null : toView(row, clock.now());
  };
  const found = async (ref: WebhookRef): Promise<WebhookView> => {
    const view = await find(ref);
    if (view === null) throw noWebhook(ref);
    return view;
  };

  return {
    find,

    async list(project: ProjectId): Promise<WebhookView[]> {
      const rows = await select().where(eq(webhooks.project, project)).orderBy(asc(webhooks.id)).limit(MOST_IN_PROJECT);
      return rows.map((row) => toView(row, clock.now()));
    },

    /** UserError `too-many-webhooks`. */
    async create(made: {
      readonly project: ProjectId;
      readonly url: string;
      readonly description: string;
      readonly events: WebhookEventType[] | null;
      /** As it is to be kept. */
      readonly secret: string;
    }): Promise<WebhookView> {
      const { secret, ...rest } = made;
      const id = newId("whk");
      await db.transaction(async (tx) => {
        // Two that are made at once would both find the last place free.
        await tx.execute(fragment`select pg_advisory_xact_lock(hashtextextended(${`webhooks ${made.project}`}, 0))`);
        const others = await tx.$count(webhooks, eq(webhooks.project, made.project));
        if (others >= MOST_IN_PROJECT) {
          throw new UserError(`a project may have ${MOST_IN_PROJECT} webhooks; remove one first`, {
            code: "too-many-webhooks",
          });
        }
        const secrets = replaceSecret([], { value: secret, graceMs: 0, now: clock.now() });
        await tx.insert(webhooks).values({ ...rest, id, secrets });
      });
      return found({ webhook: id });
    },

    /** What is enabled again is told what happens from then on. UserError `not-found`. */
    async change(ref: WebhookRef, { enabled, ...change }: WebhookChange): Promise<WebhookView> {
      const before = await found(ref);
      const isFresh = enabled === true || (change.url !== undefined && change.url !== before.url);
      const set = {
        ...change,
        ...(isFresh && { failingSince: null }),
        ...(enabled === true && { disabledAt: null, disabledReason: null }),
      };
      if (Object.keys(set).length > 0) await db.update(webhooks).set(set).where(ownedWebhook(ref));
      if (enabled === false) await inTransaction(pool, (sql) => disableWebhook(sql, before.id, "a person disabled it"));
      return found(ref);
    },

    /** With everything that was told to it. Whether there was one. */
    async remove(ref: WebhookRef): Promise<boolean> {
      return (await db.delete(webhooks).where(ownedWebhook(ref)).returning({ id: webhooks.id })).length > 0;
    },

    /** The new secret, as it is to be kept, signs from now on, and the old ones beside it for as long as `graceMs`. UserError `not-found`. */
    async rotate(
      ref: WebhookRef,
      { secret, graceMs }: { readonly secret: string; readonly graceMs: number },
    ): Promise<WebhookView> {
      await db.transaction(async (tx) => {
        const [row] = await tx
          .select({ secrets: webhooks.secrets })
          .from(webhooks)
          .where(ownedWebhook(ref))
          .for("no key update");
        if (row === undefined) throw noWebhook(ref);
        const secrets = replaceSecret(row.secrets, { value: secret, graceMs, now: clock.now() });
        await tx.update(webhooks).set({ secrets }).where(ownedWebhook(ref));
      });
      return found(ref);
    },

    /** A message to this webhook alone, whatever events it hears. UserError `not-found`, or `wrong-state` where it is disabled. */
    async test(ref: WebhookRef): Promise<MessageId> {
      const { webhook } = ref;
      const project = await projectOfEnabled({ db }, ref);
      const data = { webhook: { id: webhook }, links: { webhook: `/v1/webhooks/${webhook}` } };
      const message = await tellWebhooks(pool, { project, type: "webhook.test", subject: webhook, data }, webhook);
      if (message === null) throw noWebhook(ref);
      return message as MessageId;
    },
  };
}

function toView(row: Row, now: Date): WebhookView {
  return {
    id: row.id as WebhookId,
    project: row.projectName,
    url: row.url,
    events: row.events,
    description: row.description,
    enabled: row.disabledAt === null,
    disabledReason: row.disabledReason,
    failingSince: row.failingSince?.toISOString() ?? null,
    secrets: livingSecrets(row.secrets, now).map(({ createdAt, expiresAt }) => ({ createdAt, expiresAt })),
    pending: row.pending,
    createdAt: row.createdAt.toISOString(),
  };
}
