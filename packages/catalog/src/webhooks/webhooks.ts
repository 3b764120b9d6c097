import {
  type CreatedWebhook,
  type MessageId,
  type ProjectId,
  UserError,
  type WebhookChange,
  type WebhookEventType,
  type WebhookId,
  type WebhookView,
} from "@loramill/contracts";
import { and, asc, eq, sql as fragment, getTableColumns } from "drizzle-orm";
import { type Connection, inTransaction } from "../connection.ts";
import { projects } from "../schema/tenancy.ts";
import { type WebhookSecret, webhooks } from "../schema/webhooks.ts";
import { disableWebhook } from "./disable-webhook.ts";
import { tellWebhooks } from "./tell-webhooks.ts";

/** Every event writes a row for each webhook that hears it. */
const MOST_IN_PROJECT = 50;
/** Secrets that sign at once: the newest and those it replaces. */
const MOST_SECRETS = 3;

export interface WebhookRef {
  readonly webhook: WebhookId;
  /** Null or left out: of any project. */
  readonly project?: ProjectId | null | undefined;
}

type Row = typeof webhooks.$inferSelect & { readonly projectName: string; readonly pending: number };

const columns = {
  ...getTableColumns(webhooks),
  projectName: projects.name,
  pending: fragment<number>`(select count(*)::int from loramill.webhook_deliveries d
    where d.webhook = ${webhooks.id} and d.state = 'pending')`,
};

const owned = ({ webhook, project }: WebhookRef) =>
  and(eq(webhooks.id, webhook), project == null ? undefined : eq(webhooks.project, project));

/** Where events of a project are told. What a caller does not own is not there for it. */
export function webhookQueries({ db, pool, newId }: Connection) {
  const select = () => db.select(columns).from(webhooks).innerJoin(projects, eq(projects.id, webhooks.project));
  const find = async (ref: WebhookRef): Promise<WebhookView | null> => {
    const [row] = await select().where(owned(ref));
    return row === undefined ? null : toView(row);
  };
  const found = async (ref: WebhookRef): Promise<WebhookView> => {
    const view = await find(ref);
    if (view === null) throw noWebhook(ref.webhook);
    return view;
  };

  return {
    find,

    async list(project: ProjectId): Promise<WebhookView[]> {
      const rows = await select().where(eq(webhooks.project, project)).orderBy(asc(webhooks.id)).limit(MOST_IN_PROJECT);
      return rows.map(toView);
    },

    /** UserError `too-many-webhooks`. */
    async create(made: {
      readonly project: ProjectId;
      readonly url: string;
      readonly description: string;
      readonly events: WebhookEventType[] | null;
      readonly secret: string;
    }): Promise<CreatedWebhook> {
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
        await tx.insert(webhooks).values({ ...rest, id, secrets: [newSecret(secret)] });
      });
      return { ...(await found({ webhook: id })), secret };
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
      if (Object.keys(set).length > 0)
        await db
          .update(webhooks)
          .set(set as Partial<Row>)
          .where(owned(ref));
      if (enabled === false) await inTransaction(pool, (sql) => disableWebhook(sql, before.id, "a person disabled it"));
      return found(ref);
    },

    /** With everything that was told to it. Whether there was one. */
    async remove(ref: WebhookRef): Promise<boolean> {
      return (await db.delete(webhooks).where(owned(ref)).returning({ id: webhooks.id })).length > 0;
    },

    /** The new secret signs from now on, and the old ones beside it for as long as `graceMs`. UserError `not-found`. */
    async rotate(
      ref: WebhookRef,
      { secret, graceMs }: { readonly secret: string; readonly graceMs: number },
    ): Promise<CreatedWebhook> {
      await db.transaction(async (tx) => {
        const [row] = await tx
          .select({ secrets: webhooks.secrets })
          .from(webhooks)
          .where(owned(ref))
          .for("no key update");
        if (row === undefined) throw noWebhook(ref.webhook);
        const until = new Date(Date.now() + graceMs).toISOString();
        const old = livingSecrets(row.secrets).map((one) => ({ ...one, expiresAt: earlier(one.expiresAt, until) }));
        const secrets = [newSecret(secret), ...(graceMs > 0 ? old : [])].slice(0, MOST_SECRETS);
        await tx.update(webhooks).set({ secrets }).where(owned(ref));
      });
      return { ...(await found(ref)), secret };
    },

    /** A message to this webhook alone, whatever events it hears. UserError `not-found`, or `wrong-state` where it is disabled. */
    async test(ref: WebhookRef): Promise<MessageId> {
      const { id, project, enabled } = await found(ref);
      if (!enabled) throw new UserError("this webhook is disabled; enable it first", { code: "wrong-state" });
      const [owner] = await db.select({ id: projects.id }).from(projects).where(eq(projects.name, project));
      if (owner === undefined) throw noWebhook(ref.webhook);
      const data = { webhook: { id }, links: { webhook: `/v1/webhooks/${id}` } };
      const event = { project: owner.id as ProjectId, type: "webhook.test", subject: id, data } as const;
      const message = await tellWebhooks(pool, event, id);
      if (message === null) throw noWebhook(ref.webhook);
      return message as MessageId;
    },
  };
}

function newSecret(value: string): WebhookSecret {
  return { value, createdAt: new Date().toISOString(), expiresAt: null };
}

/** Those that still sign. */
export const livingSecrets = (secrets: readonly WebhookSecret[]): readonly WebhookSecret[] =>
  secrets.filter(({ expiresAt }) => expiresAt === null || Date.parse(expiresAt) > Date.now());

const earlier = (one: string | null, other: string): string => (one !== null && one < other ? one : other);

export function noWebhook(webhook: string): UserError {
  return new UserError(`there is no webhook ${webhook}`, { code: "not-found" });
}

function toView(row: Row): WebhookView {
  return {
    id: row.id as WebhookId,
    project: row.projectName,
    url: row.url,
    events: row.events,
    description: row.description,
    enabled: row.disabledAt === null,
    disabledReason: row.disabledReason,
    failingSince: row.failingSince?.toISOString() ?? null,
    secrets: livingSecrets(row.secrets).map(({ createdAt, expiresAt }) => ({ createdAt, expiresAt })),
    pending: row.pending,
    createdAt: row.createdAt.toISOString(),
  };
}
