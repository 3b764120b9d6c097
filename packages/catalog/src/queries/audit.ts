import type { Connection, Sql } from "../connection.ts";
import { and, desc, eq, like, lt, or } from "../drizzle.ts";
import { jsonText } from "../json-text.ts";
import { audit } from "../schema/fleet.ts";

export interface AuditEntry {
  /** Id of the API key that was used, `operator`, or what acted by itself, such as `dispatcher`. */
  readonly actor: string;
  /** Noun and verb, such as `batch.cancel`. */
  readonly action: string;
  readonly subject: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Says who did what, within the transaction of it where there is one. */
export async function addToAudit(sql: Sql, { actor, action, subject, details = {} }: AuditEntry): Promise<void> {
  await sql.query("insert into loramill.audit (actor, action, subject, details) values ($1, $2, $3, $4)", [
    actor,
    action,
    subject,
    jsonText(details),
  ]);
}

export function auditQueries({ db, pool }: Connection) {
  return {
    add: (entry: AuditEntry) => addToAudit(pool, entry),

    /** Newest first; `before` is the id of the last one of the page before. */
    async list(page: {
      readonly subject?: string | undefined;
      /** Nouns of actions, such as `batch` of `batch.cancel`; left out: all. */
      readonly nouns?: readonly string[];
      readonly before?: number | undefined;
      readonly limit: number;
    }) {
      return db
        .select()
        .from(audit)
        .where(
          and(
            page.subject === undefined ? undefined : eq(audit.subject, page.subject),
            page.nouns && or(...page.nouns.map((noun) => like(audit.action, `${noun}.%`))),
            page.before === undefined ? undefined : lt(audit.id, page.before),
          ),
        )
        .orderBy(desc(audit.id))
        .limit(page.limit);
    },
  };
}
