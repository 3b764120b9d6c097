import {
  type Clock,
  type ErrorRecord,
  type FireId,
  type RunId,
  type ScheduleId,
  statesAllowing,
  TransientError,
} from "@loramill/contracts";
import { type RunTemplate, tooLate } from "@loramill/schedules";
import { type Connection, inTransaction, type Sql, toNumber } from "../connection.ts";
import { jsonText } from "../json-text.ts";
import { type FireOutcome, secondsBetween } from "./firing.ts";
import { pauseSchedule } from "./pause-schedule.ts";

/** The right to plan a fire: of the process that claimed it last. */
export interface FireClaim {
  readonly fire: FireId;
  readonly epoch: number;
}

/** A fire whose turn it is, as its planner gets it. */
export interface ClaimedFire extends FireClaim {
  readonly schedule: RunTemplate;
  readonly fireAt: Date;
  readonly dueAt: Date;
  /** What the schedule's budget of this month has left; null where it has none. */
  readonly leftMicroUsd: number | null;
}

interface ClaimedRow extends RunTemplate, FireClaim {
  readonly fireAt: Date;
  readonly dueAt: Date;
  readonly admittedAt: Date;
  readonly origin: string;
  readonly catchUpMinutes: number;
  readonly leftMicroUsd: string | null;
}

/** Runs count in the month in which they were made. */
const LEFT_OF_MONTH = `case when s.monthly_budget_micro_usd is not null then s.monthly_budget_micro_usd - (
  select coalesce(sum(r.spent_micro_usd), 0) from loramill.fires made join loramill.runs r on r.id = made.run
  where made.schedule = s.id and made.settled_at >= date_trunc('month', $1::timestamptz, 'UTC')) end`;

/** For the processes that plan runs: each fire is with one of them at a time. */
export function plannedFireQueries({ pool }: Connection, clock: Clock) {
  return {
    /**
     * Takes the oldest fire whose turn it is and that nobody holds, for `holdMs`. One that nobody took in time is missed, and
     * the next is looked at.
     */
    async claim({ holdMs }: { readonly holdMs: number }): Promise<ClaimedFire | FireOutcome | null> {
      const now = clock.now();
      const { rows } = await pool.query<ClaimedRow>(
        `update loramill.fires f set epoch = f.epoch + 1, held_until = $2
         from loramill.schedules s join loramill.projects p on p.id = s.project
         where s.id = f.schedule and f.id = (
           select id from loramill.fires where state = 'due' and (held_until is null or held_until <= $1)
           order by due_at, id limit 1 for update skip locked)
         returning f.id as fire, f.epoch, f.fire_at as "fireAt", f.due_at as "dueAt",
           f.admitted_at as "admittedAt", f.origin, s.name, p.name as project, s.run, s.run_name as "runName", s.timing,
           s.deadline_minutes as "deadlineMinutes", s.catch_up_minutes as "catchUpMinutes",
           ${LEFT_OF_MONTH} as "leftMicroUsd"`,
        [now, new Date(now.getTime() + holdMs)],
      );
      const [row] = rows;
      if (row === undefined) return null;
      const { fire, epoch, fireAt, dueAt, admittedAt, origin, leftMicroUsd: left, ...template } = row;
      const late = origin === "timing" && epoch === 1 ? tooLate(template, { dueAt: admittedAt }, now) : null;
      const leftMicroUsd = left === null ? null : Math.max(0, toNumber(left));
      if (late === null) return { fire, epoch, fireAt, dueAt, leftMicroUsd, schedule: template };
      await settle(pool, row, { event: "miss", reason: late, error: null, at: now });
      return { outcome: "missed", lateSeconds: secondsBetween(dueAt, now) };
    },

    /** Keeps a claim; false when it is another process's by now, or the schedule is gone. */
    async hold({ fire, epoch }: FireClaim, { holdMs }: { readonly holdMs: number }): Promise<boolean> {
      const { rowCount } = await pool.query(
        "update loramill.fires set held_until = $3 where id = $1 and epoch = $2 and state = 'due'",
        [fire, epoch, new Date(clock.now().getTime() + holdMs)],
      );
      return rowCount === 1;
    },

    /** Lets it be claimed again from `at` on, by anybody. */
    async postpone({ fire, epoch }: FireClaim, at: Date, error: ErrorRecord | null): Promise<void> {
      await pool.query(
        `update loramill.fires set held_until = $3, error = $4, reason = $5
         where id = $1 and epoch = $2 and state = 'due'`,
        [fire, epoch, at, error && jsonText(error), error && "planning it failed and is tried again"],
      );
    },

    /** It will start no run: a ceiling or the month's budget has no room for it. False where that is no longer for this process to say. */
    refuse: (claim: FireClaim, error: ErrorRecord): Promise<boolean> =>
      settle(pool, claim, { event: "refuse", reason: error.message, error, at: clock.now() }),

    /** It could not be planned. The schedule pauses itself when it has had as many of these in a row as it takes. */
    async fail(claim: FireClaim, error: ErrorRecord): Promise<boolean> {
      const at = clock.now();
      return inTransaction(pool, async (sql) => {
        if (!(await settle(sql, claim, { event: "fail", reason: error.message, error, at }))) return false;
        const { rows } = await sql.query<{ id: ScheduleId; failures: number; limit: number | null }>(
          `update loramill.schedules s set failures = failures + 1 from loramill.fires f
           where f.id = $1 and s.id = f.schedule returning s.id, s.failures, s.pause_after_failures as "limit"`,
          [claim.fire],
        );
        const [of] = rows;
        if (of === undefined || of.limit === null || of.failures < of.limit) return true;
        const reason = `${of.failures} fires in a row could not be planned; the last one: ${error.message}`;
        await pauseSchedule(sql, of.id, { reason, by: "the schedule itself", at });
        return true;
      });
    },
  };
}

/** Who may end a fire without a run, and how. */
const ENDS = { miss: "missed", refuse: "refused", fail: "failed" } as const;

async function settle(
  sql: Sql,
  { fire, epoch }: FireClaim,
  end: { event: keyof typeof ENDS; reason: string; error: ErrorRecord | null; at: Date },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update loramill.fires set state = $3, reason = $4, error = $5, settled_at = $6, held_until = null
     where id = $1 and epoch = $2 and state = any($7)`,
    [
      fire,
      epoch,
      ENDS[end.event],
      end.reason,
      end.error && jsonText(end.error),
      end.at,
      statesAllowing("fire", end.event),
    ],
  );
  return rowCount === 1;
}

/**
 * Writes down the run of a fire, in the transaction that makes it. TransientError `superseded` when the fire is another
 * process's by now, has ended, or its schedule is gone: then there is no run.
 */
export async function startFire(
  sql: Sql,
  { fire, epoch }: FireClaim,
  { run, at }: { readonly run: RunId; readonly at: Date },
): Promise<{ readonly schedule: string; readonly fireAt: string }> {
  const { rows } = await sql.query<{ schedule: ScheduleId; name: string; fireAt: Date }>(
    `update loramill.fires f set state = 'started', run = $3, settled_at = $4, held_until = null, reason = null, error = null
     from loramill.schedules s
     where f.id = $1 and f.epoch = $2 and s.id = f.schedule and f.state = any($5)
     returning s.id as schedule, s.name, f.fire_at as "fireAt"`,
    [fire, epoch, run, at, statesAllowing("fire", "start")],
  );
  const [of] = rows;
  if (of === undefined) throw new TransientError(`${fire} is another process's by now`, { code: "superseded" });
  await sql.query("update loramill.schedules set failures = 0 where id = $1 and failures > 0", [of.schedule]);
  return { schedule: of.name, fireAt: of.fireAt.toISOString() };
}
