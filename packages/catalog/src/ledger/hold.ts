import { type Allowance, type HoldRequest, type ProjectId, type RunId, TransientError } from "@loramill/contracts";
import { firstWithoutRoom } from "@loramill/orchestration";
import { type Connection, inTransaction, type Sql, toNumber } from "../connection.ts";
import { batchLimits, budgetLimits, ceilingLimits, isOfMoney, takeSpendingLock } from "../fleet/limits.ts";
import { OPEN, RESERVED, SPENT } from "../fleet/reserved.ts";
import { jsonText } from "../json-text.ts";

interface HolderRow {
  readonly run: RunId;
  readonly project: ProjectId;
  readonly is_current: boolean;
  readonly reserved: string;
  /** What the turn was charged and the ledger does not have. */
  readonly pending: string;
  readonly policy: Allowance["onBudget"] | null;
  readonly deadline: Date | null;
}

const HOLDER = `
select j.run, j.project, j.epoch = $2 and j.state = 'active' as is_current,
  case when j.state in ${OPEN} then ${RESERVED} else 0 end as reserved, (
    select coalesce(sum(c.amount), 0) from json_to_recordset($3::json) as c(mark text, amount bigint)
    where c.mark is null or not exists (select 1 from loramill.ledger l where l.job = j.id and l.mark = c.mark)
  ) as pending,
  r.lock->'policy'->>'onBudget' as policy, r.deadline
from loramill.jobs j join loramill.runs r on r.id = j.run
where j.id = $1`;

/**
 * Sets money aside for a job: raises its reservation where that does not reach, in every limit or in none. What is set
 * aside and what is spent never exceed a limit together, because reservations are made one after the other. A job that is
 * refused keeps in mind what it wanted, for its next release, unless it only tried. With `isAll`, what is set aside beyond it
 * is given back. TransientError `superseded` for a job that is another worker's by now.
 */
export async function hold({ pool }: Pick<Connection, "pool">, request: HoldRequest): Promise<Allowance> {
  const first = await look(pool, request);
  if (first.isSettled && request.isAll !== true) return first.allowance;
  return inTransaction(pool, async (sql) => {
    await takeSpendingLock(sql);
    const { allowance, wantedMicroUsd } = await look(sql, request);
    if (allowance.refusedBy !== null && request.isTentative === true) return allowance;
    await sql.query(
      `update loramill.jobs j set estimate_micro_usd = greatest(case when $4 then 0 else estimate_micro_usd end, ${SPENT} + $3)
       where id = $1 and epoch = $2 and state = 'active'`,
      [request.job, request.epoch, wantedMicroUsd, request.isAll === true],
    );
    return allowance;
  });
}

/** `isSettled`: what was asked for is set aside already, or nothing limits it. */
async function look(sql: Sql, { job, epoch, charges, microUsd }: HoldRequest) {
  const told = charges.map(({ mark, amountMicroUsd }) => ({ mark: mark ?? null, amount: amountMicroUsd }));
  const { rows } = await sql.query<HolderRow>(HOLDER, [job, epoch, jsonText(told)]);
  const [holder] = rows;
  if (!holder?.is_current) throw new TransientError(`${job} is another worker's by now`, { code: "superseded" });
  const bound = { onBudget: holder.policy ?? "stop", deadline: holder.deadline } as const;
  const ofRun = Object.values(await budgetLimits(sql, [holder.run]));
  const budgets = [...ofRun, ...(await batchLimits(sql, [holder.run]))];
  const limits = [...budgets, ...(await ceilingLimits(sql, holder.project))].filter(isOfMoney);
  const wantedMicroUsd = toNumber(holder.pending) + microUsd;
  const ownMicroUsd = toNumber(holder.reserved);
  const refusedBy = firstWithoutRoom(limits, { wantedMicroUsd, ownMicroUsd });
  const isHeld = refusedBy === null && wantedMicroUsd <= ownMicroUsd;
  return { isSettled: limits.length === 0 || isHeld, wantedMicroUsd, allowance: { ...bound, refusedBy } };
}
