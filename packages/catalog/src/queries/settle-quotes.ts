import type { QuoteOutcome, RunId, RunState, StepState } from "@loramill/contracts";
import { holdAgainstQuote } from "@loramill/orchestration";
import { type Connection, inTransaction, type Sql } from "../connection.ts";
import { billOfRun } from "./bill-of-run.ts";
import { AS_QUOTED, OFF_QUOTE, quoteOf } from "./run-quote.ts";
import { tellRun } from "./runs.ts";

/**
 * Runs that have ended, which ask for attention once more when they do. Not yet those with a machine whose account is open: its
 * last bill decides what they cost.
 */
const DUE = `
with unbilled as materialized (
  select name, wanted_for from loramill.pods where state <> 'ended'
  union all
  select p.name, p.wanted_for from loramill.runs t join loramill.pods p on p.run = t.id
  where t.state in ('planned', 'running') and p.state = 'ended'
)
select r.id from loramill.runs r
where r.attention and r.state not in ('planned', 'running') and not exists (
  select from unbilled p where
    exists (select from loramill.ledger l where l.run = r.id and l.pod = p.name)
    or exists (select from loramill.jobs j where j.run = r.id and j.id = any(p.wanted_for))
)
order by r.id limit $1`;

type Allowed = Parameters<typeof holdAgainstQuote>[2];

export function quoteQueries({ pool }: Connection) {
  return {
    /**
     * Holds what ended runs were billed against what they were quoted, and tells each how it came out: once, and again where it
     * was resumed and has cost more. `limit`: runs at once; `gapShare`: of what was expected, how far off still counts as quoted.
     */
    async settleQuotes(limit: number, { gapShare }: Allowed): Promise<(QuoteOutcome & { readonly run: RunId })[]> {
      const { rows } = await pool.query<{ id: RunId }>(DUE, [limit]);
      const outcomes: (QuoteOutcome & { readonly run: RunId })[] = [];
      for (const { id: run } of rows) {
        const outcome = await inTransaction(pool, (sql) => settle(sql, run, { gapShare }));
        if (outcome !== null) outcomes.push({ ...outcome, run });
      }
      return outcomes;
    },
  };
}

/** Null where there is nothing to tell, or nothing new. */
async function settle(sql: Sql, run: RunId, allowed: Allowed): Promise<QuoteOutcome | null> {
  const { rows } = await sql.query<{ state: RunState }>(
    `update loramill.runs set attention = false
     where id = $1 and attention and state not in ('planned', 'running') returning state`,
    [run],
  );
  const { quote, outcome: before } = await quoteOf(sql, run);
  const state = rows[0]?.state;
  if (state === undefined || quote === null) return null;
  const steps = await sql.query<{ name: string; state: StepState }>(
    "select name, state from loramill.steps where run = $1",
    [run],
  );
  const bill = {
    state,
    steps: Object.fromEntries(steps.rows.map((step) => [step.name, step.state])),
    billedMicroUsd: await billOfRun(sql, run),
  };
  const outcome = holdAgainstQuote(quote, bill, allowed);
  if (outcome === null || outcome.billedMicroUsd === before?.billedMicroUsd) return null;
  await tellRun(sql, run, outcome.verdict === "as-quoted" ? AS_QUOTED : OFF_QUOTE, outcome);
  return outcome;
}
