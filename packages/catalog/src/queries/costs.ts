import type { CostView, JobId, LedgerView } from "@loramill/contracts";
import { type Connection, toNumber } from "../connection.ts";
import type { PaidElsewhere } from "../schema/imports.ts";
import { overheadOfRun } from "./bill-of-run.ts";
import { PLANNING_EPOCH } from "./charge-planning.ts";
import { limitOf, type Page, type PageRequest, toPage } from "./paging.ts";
import { quoteOf } from "./run-quote.ts";
import type { RunRef } from "./run-ref.ts";

interface LedgerRow {
  readonly id: string;
  readonly at: Date;
  readonly step: string;
  readonly job: JobId;
  readonly epoch: number;
  readonly kind: string;
  readonly supplier: string;
  readonly quantity: number;
  readonly unit: string;
  readonly amount: string;
  readonly note: string;
}

const toLedgerView = ({ amount, at, job, ...row }: LedgerRow): LedgerView => ({
  ...row,
  job: row.epoch === PLANNING_EPOCH ? null : job,
  at: at.toISOString(),
  amountMicroUsd: toNumber(amount),
});

/** Entries that a cost view carries; `entries` pages through all of them. */
const ENTRIES_IN_VIEW = 200;

export function costQueries({ pool }: Connection) {
  async function entries(ref: RunRef & PageRequest): Promise<Page<LedgerView>> {
    const limit = limitOf(ref);
    const { rows } = await pool.query<LedgerRow>(
      `select l.id, l.at, s.name as step, l.job, l.epoch, l.kind, l.supplier, l.quantity, l.unit,
         l.amount_micro_usd as amount, l.note
       from loramill.ledger l join loramill.steps s on s.id = l.step join loramill.runs r on r.id = l.run
       where l.run = $1 and ($2::text is null or r.project = $2) and l.id > $3
       order by l.id limit $4`,
      [ref.run, ref.project ?? null, ref.cursor ?? "", limit + 1],
    );
    return toPage(rows, limit, toLedgerView, (row) => row.id);
  }

  return {
    /** What a run cost, by step, with its first entries. The sums come from the ledger itself, not from counters. */
    async get(ref: RunRef): Promise<CostView | null> {
      const { rows: found } = await pool.query<{ budget: string | null; paid: PaidElsewhere[] | null }>(
        `select r.budget_micro_usd as budget, i.paid
         from loramill.runs r left join loramill.imports i on i.run = r.id
         where r.id = $1 and ($2::text is null or r.project = $2)`,
        [ref.run, ref.project ?? null],
      );
      if (found[0] === undefined) return null;
      const { paid } = found[0];
      const { rows } = await pool.query<{
        step: string;
        amount: string;
        attempts: number;
        seconds: number;
        entries: number;
      }>(
        `select s.name as step, coalesce(l.amount, 0) as amount, coalesce(l.seconds, 0) as seconds,
           coalesce(l.entries, 0) as entries, coalesce(a.attempts, 0) as attempts
         from loramill.steps s
         left join (
           select step, sum(amount_micro_usd) as amount, count(*)::int as entries,
             sum(quantity) filter (where unit in ('cpu-second', 'gpu-second')) as seconds
           from loramill.ledger where run = $1 group by step
         ) l on l.step = s.id
         left join (
           select step, count(*)::int as attempts from loramill.attempts where run = $1 group by step
         ) a on a.step = s.id
         where s.run = $1 order by s.ordinal`,
        [ref.run],
      );
      const steps = rows.map((row) => ({
        step: row.step,
        amountMicroUsd: toNumber(row.amount),
        attempts: row.attempts,
        computeSeconds: row.seconds,
      }));
      return {
        run: ref.run,
        totalMicroUsd: steps.reduce((sum, step) => sum + step.amountMicroUsd, 0),
        machineShareMicroUsd: await overheadOfRun(pool, ref.run),
        budgetMicroUsd: found[0].budget === null ? null : toNumber(found[0].budget),
        ...(await quoteOf(pool, ref.run)),
        steps,
        entryCount: rows.reduce((sum, row) => sum + row.entries, 0),
        entries: [...(await entries({ ...ref, limit: ENTRIES_IN_VIEW })).items],
        ...(paid === null ? {} : { paidElsewhere: { totalMicroUsd: sumOf(paid), entries: paid } }),
      };
    },
    entries,
  };
}

const sumOf = (entries: readonly PaidElsewhere[]): number =>
  entries.reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0);
