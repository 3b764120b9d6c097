import type { BatchId, Charge, ErrorRecord, PlanLock, ProjectId, RunId, RunQuote, RunSpec } from "@loramill/contracts";
import { type Connection, inTransaction } from "../connection.ts";
import { SPENT_IN_BATCH } from "../fleet/limits.ts";
import { jsonText } from "../json-text.ts";
import { chargePlanning } from "./charge-planning.ts";
import { insertRun } from "./insert-run.ts";
import { QUOTED } from "./run-quote.ts";
import { tellRun } from "./runs.ts";

/** Its place in a batch. */
export interface MemberRef {
  readonly batch: BatchId;
  readonly number: number;
}

/** A member that waits for its plan. */
export interface WaitingMember extends MemberRef {
  readonly project: ProjectId;
  readonly spec: RunSpec;
}

const WAITING = `
from loramill.batch_members m join loramill.batches b on b.id = m.batch
where m.run is null and m.error is null and b.cancel_requested_at is null and b.stopped is null`;

export function memberQueries({ pool, newId }: Connection) {
  return {
    /** The first of every batch, then the second of every one, so that a large batch keeps no small one waiting. */
    async waitingMembers(limit: number): Promise<WaitingMember[]> {
      const { rows } = await pool.query<WaitingMember>(
        `select m.batch, m.number, b.project, m.spec ${WAITING} order by m.number, m.batch limit $1`,
        [limit],
      );
      return rows;
    },

    async hasWaitingMembers(): Promise<boolean> {
      const { rowCount } = await pool.query(`select 1 ${WAITING} limit 1`);
      return (rowCount ?? 0) > 0;
    },

    /** Whether a batch has spent its budget: what it has not begun would be refused its first cent. */
    async isSpent(batch: BatchId): Promise<boolean> {
      const { rowCount } = await pool.query(
        `select 1 from loramill.batches b cross join lateral (select ${SPENT_IN_BATCH} as spent) s
         where b.id = $1 and s.spent > 0 and s.spent >= b.budget_micro_usd`,
        [batch],
      );
      return (rowCount ?? 0) > 0;
    },

    /**
     * The run of a member, as `runs.create` makes one; null where the member has one, or was refused, already: each gets
     * one run, however many plan it. The run of a batch that was ended meanwhile ends at once; what planning it has paid is
     * in the ledger.
     */
    async startMember(
      member: MemberRef,
      plan: {
        readonly spec: RunSpec;
        readonly lock: PlanLock;
        readonly charges: readonly Charge[];
        readonly quote: RunQuote;
      },
    ): Promise<RunId | null> {
      const { spec, lock, charges, quote } = plan;
      return inTransaction(pool, async (sql) => {
        const { rows } = await sql.query<{ project: ProjectId; ended: boolean }>(
          `select b.project, b.cancel_requested_at is not null or b.stopped is not null as ended
           from loramill.batches b join loramill.batch_members m on m.batch = b.id
           where b.id = $1 and m.number = $2 and m.run is null and m.error is null
           for share of b for update of m`,
          [member.batch, member.number],
        );
        const [free] = rows;
        if (free === undefined) return null;
        const run = await insertRun(sql, newId, { project: free.project, batch: member.batch, spec, lock });
        await chargePlanning(sql, { run, charges: charges.map((each) => ({ ...each, id: newId("led") })) });
        await sql.query("update loramill.batch_members set run = $3 where batch = $1 and number = $2", [
          member.batch,
          member.number,
          run,
        ]);
        if (free.ended) await sql.query("update loramill.runs set cancel_requested_at = now() where id = $1", [run]);
        await tellRun(sql, run, "run.created", { name: lock.name });
        await tellRun(sql, run, QUOTED, { ...quote });
        await sql.query("select pg_notify('loramill_dispatch', '')");
        return run;
      });
    },

    /** Says why a member cannot have a run; `resume` of its batch lets it be tried again. */
    async refuseMember({ batch, number }: MemberRef, error: ErrorRecord): Promise<void> {
      await pool.query(
        "update loramill.batch_members set error = $3 where batch = $1 and number = $2 and run is null and error is null",
        [batch, number, jsonText(error)],
      );
    },
  };
}
