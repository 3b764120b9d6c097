import {
  type Charge,
  type Clock,
  type PlanLock,
  type ProjectId,
  type RunEventType,
  type RunId,
  type RunQuote,
  type RunSpec,
  type RunState,
  type RunSummary,
  type RunView,
  UserError,
} from "@loramill/contracts";
import { type Connection, inTransaction, type Sql } from "../connection.ts";
import { and, asc, desc, eq, getTableColumns, lt } from "../drizzle.ts";
import { endMachineOf } from "../fleet/end-machine.ts";
import { jsonText } from "../json-text.ts";
import { type FireClaim, startFire } from "../schedules/planned-fires.ts";
import { imports } from "../schema/imports.ts";
import { runs, steps } from "../schema/runs.ts";
import { projects } from "../schema/tenancy.ts";
import { tellWebhooksOfRun } from "../webhooks/tell-webhooks.ts";
import { cancelRuns, type RunTerms, resumeRuns } from "./change-runs.ts";
import { chargePlanning } from "./charge-planning.ts";
import { insertRun, type ReplayLink } from "./insert-run.ts";
import { limitOf, type Page, type PageRequest, toPage } from "./paging.ts";
import { QUOTED } from "./run-quote.ts";
import type { RunRef } from "./run-ref.ts";
import { toRunSummary, toStepView } from "./run-view.ts";

const { spec: _spec, lock: _lock, ...light } = getTableColumns(runs);
const summaryColumns = { ...light, projectName: projects.name, imported: imports };

export function runQueries({ db, pool, newId }: Connection, clock: Clock) {
  const owned = ({ run, project }: RunRef) =>
    project === undefined ? eq(runs.id, run) : and(eq(runs.id, run), eq(runs.project, project));

  return {
    /**
     * Writes a planned run with its steps and wakes the dispatcher. From here on it is done, whoever dies. With an
     * Idempotency-Key that was begun, the run and the key's word of it are one transaction; UserError
     * `idempotency-conflict` when another request has made a run under the key meanwhile. So are the run of a schedule and
     * its fire, by the claim of whoever planned it; TransientError `superseded` when the fire is no longer its to start.
     */
    async create(request: {
      readonly project: ProjectId;
      readonly spec: RunSpec;
      readonly lock: PlanLock;
      /** What planning it has paid already: entered in the ledger under the generate step, which it was paid for. */
      readonly charges?: readonly Charge[];
      /** What it was quoted, kept for when it has ended. */
      readonly quote?: RunQuote;
      /** Left out: it has a plan of its own. */
      readonly replay?: ReplayLink;
      readonly idempotencyKey?: string | undefined;
      readonly fire?: FireClaim;
    }): Promise<RunId> {
      const { project, spec, lock, charges = [], quote, replay, idempotencyKey, fire } = request;
      return inTransaction(pool, async (sql) => {
        const run = await insertRun(sql, newId, { project, spec, lock, replay });
        await chargePlanning(sql, { run, charges: charges.map((each) => ({ ...each, id: newId("led") })) });
        if (idempotencyKey !== undefined) await keepKey(sql, { project, key: idempotencyKey, run });
        const origin = fire === undefined ? {} : await startFire(sql, fire, { run, at: clock.now() });
        const replayOf = replay === undefined ? {} : { replayOf: replay.of };
        await tellRun(sql, run, "run.created", { name: lock.name, ...origin, ...replayOf });
        if (quote !== undefined) await tellRun(sql, run, QUOTED, quote);
        await sql.query("select pg_notify('loramill_dispatch', '')");
        return run;
      });
    },

    async get(ref: RunRef): Promise<RunView | null> {
      const [row] = await db
        .select(summaryColumns)
        .from(runs)
        .innerJoin(projects, eq(projects.id, runs.project))
        .leftJoin(imports, eq(imports.run, runs.id))
        .where(owned(ref));
      if (row === undefined) return null;
      const stepRows = await db.select().from(steps).where(eq(steps.run, ref.run)).orderBy(asc(steps.ordinal));
      return { ...toRunSummary(row), steps: stepRows.map(toStepView) };
    },

    /** Newest first. */
    async list(
      filter: PageRequest & { readonly project?: ProjectId | undefined; readonly state?: RunState | undefined },
    ): Promise<Page<RunSummary>> {
      const limit = limitOf(filter);
      const rows = await db
        .select(summaryColumns)
        .from(runs)
        .innerJoin(projects, eq(projects.id, runs.project))
        .leftJoin(imports, eq(imports.run, runs.id))
        .where(
          and(
            filter.project === undefined ? undefined : eq(runs.project, filter.project),
            filter.state === undefined ? undefined : eq(runs.state, filter.state),
            filter.cursor === undefined ? undefined : lt(runs.id, filter.cursor),
          ),
        )
        .orderBy(desc(runs.id))
        .limit(limit + 1);
      return toPage(rows, limit, toRunSummary, (row) => row.id);
    },

    /** What was asked for and what was planned. */
    async plan(ref: RunRef): Promise<{ spec: RunSpec; lock: PlanLock; lockDigest: string } | null> {
      const [row] = await db
        .select({ spec: runs.spec, lock: runs.lock, lockDigest: runs.lockDigest })
        .from(runs)
        .where(owned(ref));
      return row ?? null;
    },

    /**
     * Asks for the end of a run; its jobs hear of it within two seconds. A run that tends a machine is not cut off, because
     * the machine would go on costing money: it is told to give it back, and ends with the last bill.
     */
    async requestCancel(ref: RunRef): Promise<"requested" | "already-ended" | "unknown"> {
      return inTransaction(pool, async (sql) => {
        const machine = await endMachineOf(sql, ref);
        if (machine === "requested") await tellRun(sql, ref.run, "run.cancel-requested", {});
        if (machine !== null) return machine;
        const [asked] = await cancelRuns(sql, { runs: [ref.run], project: ref.project });
        if (asked === undefined) return (await exists(sql, ref)) ? "already-ended" : "unknown";
        return "requested";
      });
    },

    /**
     * Takes up a run that failed, was cancelled or ran out of budget: what succeeded is kept, the rest is tried again
     * with fresh attempts. `budgetMicroUsd` and `deadline` replace what it had. One that a bundle brought has nothing to go on
     * from: its spec is run instead.
     */
    async resume(ref: RunRef & RunTerms): Promise<"resumed" | "not-resumable" | "unknown"> {
      return inTransaction(pool, async (sql) => {
        const [resumed] = await resumeRuns(sql, { runs: [ref.run], project: ref.project }, ref);
        if (resumed === undefined) return (await exists(sql, ref)) ? "not-resumable" : "unknown";
        return "resumed";
      });
    },
  };
}

/**
 * Writes one event of a run, and tells it to the webhooks that hear it. The last write of a transaction: writers of one run take turns from here on, and whoever took
 * another lock afterwards could deadlock with a settlement (jobs, steps, runs, events).
 */
export async function tellRun(
  sql: Sql,
  run: string,
  type: RunEventType,
  data: Record<string, unknown>,
  at: { readonly step?: string; readonly job?: string } = {},
): Promise<void> {
  await sql.query("select pg_advisory_xact_lock(hashtextextended($1, 0)), pg_notify('loramill_events', $1)", [run]);
  await sql.query(`insert into loramill.run_events (run, step, job, type, data) values ($1, $2, $3, $4, $5)`, [
    run,
    at.step ?? null,
    at.job ?? null,
    type,
    jsonText(data),
  ]);
  await tellWebhooksOfRun(sql, { run, type, data, step: at.step });
}

async function exists(sql: Sql, { run, project }: RunRef): Promise<boolean> {
  const { rowCount } = await sql.query(
    "select 1 from loramill.runs where id = $1 and ($2::text is null or project = $2)",
    [run, project ?? null],
  );
  return (rowCount ?? 0) > 0;
}

async function keepKey(sql: Sql, made: { readonly project: ProjectId; readonly key: string; readonly run: RunId }) {
  const { rowCount } = await sql.query(
    "update loramill.idempotency_keys set run = $3 where project = $1 and key = $2 and run is null",
    [made.project, made.key, made.run],
  );
  if (rowCount === 1) return;
  throw new UserError("another request with this Idempotency-Key has made its run; ask again to get it", {
    code: "idempotency-conflict",
  });
}
