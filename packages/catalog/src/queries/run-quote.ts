import { QuoteOutcome, type RunId, RunQuote } from "@loramill/contracts";
import type { Sql } from "../connection.ts";

/** The event with what a run was quoted when it was started, and those with what it came to. */
export const QUOTED = "run.quoted";
export const AS_QUOTED = "cost.as-quoted";
export const OFF_QUOTE = "cost.off-quote";

/** What a run was quoted, and what it came to; null for what is not there, or not yet. */
export async function quoteOf(
  sql: Sql,
  run: RunId,
): Promise<{ readonly quote: RunQuote | null; readonly outcome: QuoteOutcome | null }> {
  const { rows } = await sql.query<{ type: string; data: unknown }>(
    `select distinct on (kind) type = $2 as kind, type, data from loramill.run_events
     where run = $1 and type in ($2, $3, $4) order by kind, id desc`,
    [run, QUOTED, AS_QUOTED, OFF_QUOTE],
  );
  const quoted = rows.find(({ type }) => type === QUOTED);
  const settled = rows.find(({ type }) => type !== QUOTED);
  return {
    quote: quoted === undefined ? null : RunQuote.parse(quoted.data),
    outcome: settled === undefined ? null : QuoteOutcome.parse(settled.data),
  };
}
