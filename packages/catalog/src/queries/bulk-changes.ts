import {
  type BulkAction,
  BulkChange,
  BulkChangeId,
  type BulkChangeRequest,
  type BulkOutcome,
  BulkRun,
  digestOf,
  microUsdFromUsd,
  type ProjectId,
  RunId,
  type RunState,
  type SkippedRun,
  UserError,
} from "@loramill/contracts";
import { type Connection, inTransaction, type Sql } from "../connection.ts";
import { eq, lt, sql as raw } from "../drizzle.ts";
import { jsonText } from "../json-text.ts";
import { bulkChanges } from "../schema/batches.ts";
import { tellWebhooks } from "../webhooks/tell-webhooks.ts";
import { addToAudit } from "./audit.ts";
import { cancelRuns, resumeRuns } from "./change-runs.ts";
import { findChangeable, statesFor } from "./filter-runs.ts";
import { limitOf, type Page, type PageRequest, parseNumbers, toPage } from "./paging.ts";

type Row = typeof bulkChanges.$inferSelect;
type ShownRun = Row["runs"][number];

/** A preview may be applied for so long. */
const LIFE = "15 minutes";

/** Which change; `project` is that of whoever asks, null an operator: nobody sees another's. */
export interface ChangeRef {
  readonly id: BulkChangeId;
  readonly project: ProjectId | null;
}

export function bulkChangeQueries({ db, pool, newId }: Connection) {
  const find = async ({ id, project }: ChangeRef): Promise<Row | null> => {
    const [row] = await db.select().from(bulkChanges).where(eq(bulkChanges.id, id));
    return row === undefined || row.project !== project ? null : row;
  };

  return {
    /** Shows what an action over a filter would change, and keeps it to be applied. `within`: runs of this project alone. */
    async preview(
      request: BulkChangeRequest & { readonly project: ProjectId | null; readonly within: ProjectId | null },
    ): Promise<BulkChange> {
      const { action, filter, limit, project, within } = request;
      const { matching, runs } = await findChangeable(pool, { action, filter, limit, project: within });
      const shown = runs.map(({ run, name, was }) => ({ run, name, was }));
      const id = newId("chg");
      const sum = (what: "spent" | "reserved" | "outstanding") => runs.reduce((all, run) => all + run[what], 0);
      const [row] = await db
        .insert(bulkChanges)
        .values({
          ...{ id, project, action, filter, matching, runs: shown },
          token: digestOf({ id, action, runs: shown }),
          ...{
            spentMicroUsd: sum("spent"),
            reservedMicroUsd: sum("reserved"),
            outstandingMicroUsd: sum("outstanding"),
          },
          expiresAt: raw`now() + ${LIFE}::interval`,
        })
        .returning();
      if (row === undefined) throw new Error("an insert returned no row");
      return toChange(row);
    },

    async get(ref: ChangeRef): Promise<BulkChange | null> {
      const row = await find(ref);
      return row === null ? null : toChange(row);
    },

    /** The runs it was shown for, in the order of their ids. */
    async runs(ref: ChangeRef, page: PageRequest): Promise<Page<BulkRun> | null> {
      const row = await find(ref);
      if (row === null) return null;
      const [from = 0] = parseNumbers(page.cursor, 1) ?? [];
      const limit = limitOf(page);
      const some = row.runs.slice(from, from + limit + 1).map((run, place) => ({ run, place: from + place + 1 }));
      return toPage(
        some,
        limit,
        ({ run }) => BulkRun.parse(run),
        ({ place }) => `${place}`,
      );
    },

    /**
     * Does what was shown, all of it at once: runs that have moved on since are left alone, and named. Applied twice, it
     * answers what the first came to. UserError `wrong-token`, `preview-expired`.
     */
    async apply(
      ref: ChangeRef,
      by: { readonly token: string; readonly actor: string },
    ): Promise<{ readonly change: BulkChange; readonly isFirst: boolean } | null> {
      const row = await find(ref);
      if (row === null) return null;
      if (row.token !== by.token) {
        throw new UserError("the token is not of this preview: take the one that it answered", { code: "wrong-token" });
      }
      return inTransaction(pool, async (sql) => {
        const { rows } = await sql.query<{ outcome: BulkOutcome | null; expired: boolean; now: Date }>(
          "select outcome, expires_at <= now() as expired, now() from loramill.bulk_changes where id = $1 for update",
          [ref.id],
        );
        const [state] = rows;
        if (state?.outcome) return { change: toChange({ ...row, outcome: state.outcome }), isFirst: false };
        if (state === undefined || state.expired) {
          throw new UserError("the preview is too old: ask for a new one, runs may have moved on since", {
            code: "preview-expired",
          });
        }
        const { still, skipped } = await sortOut(sql, row);
        const outcome: BulkOutcome = { appliedAt: state.now.toISOString(), changed: still.length, skipped };
        await keep(sql, { row, outcome, actor: by.actor });
        await tellProjects(sql, row, still);
        // Last, because it writes events.
        await act(sql, row.action, still);
        return { change: toChange({ ...row, outcome }), isFirst: true };
      });
    },

    /** Forgets those that were shown a day ago. */
    async sweep(): Promise<number> {
      const gone = await db.delete(bulkChanges).where(lt(bulkChanges.expiresAt, raw`now() - interval '1 day'`));
      return gone.rowCount ?? 0;
    },
  };
}

const toChange = (row: Row): BulkChange => {
  const states = Object.entries(Object.groupBy(row.runs, ({ was }) => was));
  return BulkChange.parse({
    ...row,
    count: row.runs.length,
    states: Object.fromEntries(states.map(([state, runs]) => [state, runs?.length ?? 0])),
    expiresAt: row.expiresAt.toISOString(),
  });
};

/** Which runs are still as they were shown; one that was planned may have started. Holds them until the transaction ends. */
async function sortOut(sql: Sql, { runs, action }: Row): Promise<{ still: RunId[]; skipped: SkippedRun[] }> {
  const { rows } = await sql.query<{ id: string; state: RunState }>(
    "select id, state from loramill.runs where id = any($1) order by id for no key update",
    [runs.map(({ run }) => run)],
  );
  const now = new Map(rows.map(({ id, state }) => [id, state]));
  const allowed = statesFor(action);
  const isStill = ({ run, was }: ShownRun): boolean => {
    const is = now.get(run);
    return is !== undefined && allowed.includes(is) && (is === was || was === "planned");
  };
  return {
    still: runs.filter(isStill).map(({ run }) => RunId.parse(run)),
    skipped: runs
      .filter((shown) => !isStill(shown))
      .map(({ run, name, was }) => ({ run: RunId.parse(run), name, was, is: now.get(run) ?? null })),
  };
}

async function act(sql: Sql, action: BulkAction, runs: readonly RunId[]): Promise<void> {
  switch (action.kind) {
    case "cancel":
      await cancelRuns(sql, { runs });
      return;
    case "resume": {
      const { budgetUsd, deadline } = action;
      await resumeRuns(
        sql,
        { runs },
        {
          budgetMicroUsd: budgetUsd == null ? budgetUsd : microUsdFromUsd(budgetUsd),
          deadline: deadline == null ? deadline : new Date(deadline),
        },
      );
      return;
    }
    case "priority":
      await sql.query("update loramill.runs set priority = $2 where id = any($1)", [runs, action.priority]);
      await sql.query("select pg_notify('loramill_dispatch', '')");
  }
}

/** Each project hears how many of its runs are changed: a change of an operator's may reach those of several. */
async function tellProjects(sql: Sql, { id, action }: Row, runs: readonly RunId[]): Promise<void> {
  const { rows } = await sql.query<{ project: ProjectId; changed: number }>(
    "select project, count(*)::int as changed from loramill.runs where id = any($1) group by 1 order by 1",
    [runs],
  );
  const change = { id: BulkChangeId.parse(id), action: action.kind };
  const links = { change: `/v1/bulk-changes/${id}` };
  for (const { project, changed } of rows)
    await tellWebhooks(sql, { project, type: "runs.changed", subject: id, data: { change, changed, links } });
}

async function keep(
  sql: Sql,
  { row, outcome, actor }: { readonly row: Row; readonly outcome: BulkOutcome; readonly actor: string },
): Promise<void> {
  await sql.query("update loramill.bulk_changes set outcome = $2 where id = $1", [row.id, jsonText(outcome)]);
  const { action, filter } = row;
  await addToAudit(sql, {
    actor,
    action: `runs.${action.kind}`,
    subject: row.project === null ? "runs" : `runs of ${row.project}`,
    details: { change: row.id, action, filter, changed: outcome.changed, skipped: outcome.skipped.length },
  });
}
