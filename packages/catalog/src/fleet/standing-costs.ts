import { FLEET_PROJECT, type RunId, SERVERLESS } from "@loramill/contracts";
import { type Connection, inTransaction, type Sql, toNumber } from "../connection.ts";
import { countSpending, PLANNING_EPOCH } from "../queries/charge-planning.ts";
import { insertRun } from "../queries/insert-run.ts";
import { ensureFleet } from "./ensure-fleet.ts";
import { standingRun } from "./fleet-run.ts";

/**
 * Something that costs money besides what jobs are charged for it: for being there, for starting, for standing idle. A `machine` is one
 * that was given back beside its name's pod.
 */
export interface Standing {
  readonly provider: string;
  readonly kind: "volume" | "endpoint" | "machine";
  readonly remoteId: string;
}

/** How each is entered: as what, whose, and by which supplier jobs are charged for it themselves; null where they are not. */
const ENTERED = {
  volume: { kind: "storage", chargedBy: null },
  endpoint: { kind: "generation", chargedBy: SERVERLESS },
  machine: { kind: "compute", chargedBy: null },
} as const;

const SET_STEP = "update loramill.orphans set step = $3 where provider = $1 and remote_id = $2";

/** The pod whose machine it was; `isOpen` while that charges the whole of it itself. */
async function podOf(sql: Sql, provider: string, remoteId: string) {
  const { rows } = await sql.query<{ name: string; isOpen: boolean }>(
    `select name, state <> 'ended' as "isOpen" from loramill.pods where provider = $1 and remote_id = $2`,
    [provider, remoteId],
  );
  return rows[0] ?? null;
}

export function standingCostQueries({ pool, newId }: Connection) {
  /** The step that stands for it in the ledger; made when it is first charged for, and never at work. */
  async function ensureStep(sql: Sql, name: string): Promise<{ run: RunId; step: string }> {
    const find = `select r.id as run, s.id as step from loramill.runs r join loramill.steps s on s.run = r.id
      join loramill.projects p on p.id = r.project where p.name = $1 and r.name = $2 order by r.id limit 1`;
    const { rows } = await sql.query<{ run: RunId; step: string }>(find, [FLEET_PROJECT, name]);
    if (rows[0] !== undefined) return rows[0];
    const project = await ensureFleet(sql, newId("prj"));
    const run = await insertRun(sql, newId, { project, ...standingRun(name) });
    await sql.query("update loramill.runs set state = 'succeeded', ended_at = now() where id = $1", [run]);
    const made = await sql.query<{ step: string }>(
      "update loramill.steps set state = 'succeeded', ended_at = now() where run = $1 returning id as step",
      [run],
    );
    return { run, step: made.rows[0]?.step ?? "" };
  }

  return {
    /** Machines beside those of pods, given back, of which the books have told within a week: what they cost may not be charged yet. */
    async orphans(): Promise<Standing[]> {
      const { rows } = await pool.query<Omit<Standing, "kind">>(
        `select provider, remote_id as "remoteId" from loramill.orphans o
         where exists (
           select from loramill.book_entries b
           where b.provider = o.provider and b.kind = 'machine' and b.remote_id = o.remote_id
             and b.read_at > now() - interval '7 days'
         ) order by at, remote_id`,
      );
      return rows.map((row) => ({ ...row, kind: "machine" }));
    },

    /**
     * Enters in the ledger what a provider's books have of something until a moment and the ledger does not have yet, so that both
     * come to the same. Answers how much that was. Books that take something back are waited out: the ledger only grows. `until` is
     * to be so long ago that jobs have been charged for what they did, or never will be.
     */
    async chargeStanding({ provider, kind, remoteId }: Standing, until: Date): Promise<number> {
      const { kind: entryKind, chargedBy } = ENTERED[kind];
      const name = `${kind} ${remoteId}`;
      return inTransaction(pool, async (sql) => {
        // Nobody charges the same twice at once.
        await sql.query("select pg_advisory_xact_lock(hashtextextended('loramill.standing ' || $1, 0))", [name]);
        const { rows } = await sql.query<{ hours: number; amount: string | null; from: Date }>(
          `select coalesce(sum(extract(epoch from "to" - "from") / 3600)::float8, 0) as hours, sum(amount_micro_usd) as amount,
             min("from") as "from"
           from loramill.book_entries where provider = $1 and kind = $2 and remote_id = $3 and "to" <= $4`,
          [provider, kind, remoteId, until],
        );
        const [booked] = rows;
        if (booked === undefined || booked.amount === null) return 0;
        // One that was a pod's, and was found again after the end of that, has been charged there for a part of it.
        const pod = kind === "machine" ? await podOf(sql, provider, remoteId) : null;
        if (pod?.isOpen === true) return 0;
        const { run, step } = await ensureStep(sql, name);
        const entered = await sql.query<{ hours: number; amount: string }>(
          `select coalesce(sum(quantity) filter (where job = $1), 0) as hours, coalesce(sum(amount_micro_usd), 0) as amount
           from loramill.ledger where job = $1 or job <> $1 and supplier = $2 and at >= $3 or job <> $1 and pod = $4`,
          [step, chargedBy, booked.from, pod?.name ?? null],
        );
        if (kind === "machine") await sql.query(SET_STEP, [provider, remoteId, step]);
        const before = entered.rows[0] ?? { hours: 0, amount: "0" };
        const amount = toNumber(booked.amount) - toNumber(before.amount);
        if (amount <= 0) return 0;
        await sql.query(
          `insert into loramill.ledger (id, run, step, job, epoch, ordinal, kind, supplier, quantity, unit, amount_micro_usd, note)
           values ($1, $2, $3, $3, $4, (select count(*) from loramill.ledger where job = $3), $5, $6, $7, 'hour', $8, $9)`,
          [
            ...[newId("led"), run, step, PLANNING_EPOCH, entryKind, chargedBy ?? provider],
            ...[Math.max(0, booked.hours - before.hours), amount, `${name}, by its provider's books`],
          ],
        );
        await countSpending(sql, { run, step }, amount);
        return amount;
      });
    },
  };
}
