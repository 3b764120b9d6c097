import { type Clock, type FireId, type RunId, type ScheduleId, statesAllowing } from "@loramill/contracts";
import { comeDue, decideFires, type FireTime, type OpenFire, type WaitingFire } from "@loramill/schedules";
import type pg from "pg";
import { type Connection, inTransaction } from "../connection.ts";
import type { Schedule } from "./schedules.ts";

/** What became of fires, for those who count. */
export interface FireOutcome {
  readonly outcome: "started" | "skipped" | "missed" | "refused" | "failed";
  /** After the time of the fire, jitter included. */
  readonly lateSeconds: number;
}

type Times = Pick<
  Schedule,
  "id" | "timing" | "startsAt" | "endsAt" | "jitterSeconds" | "catchUpMinutes" | "nextFireAt" | "nextDueAt"
>;

const TIMES = `id, timing, starts_at as "startsAt", ends_at as "endsAt", jitter_seconds as "jitterSeconds",
  catch_up_minutes as "catchUpMinutes", next_fire_at as "nextFireAt", next_due_at as "nextDueAt"`;

/** Rows written by one transaction; the rest comes with the next. */
const FIRES_AT_ONCE = 500;

/** For the dispatcher: times that have come become fires, and fires that wait get their turn. */
export function firingQueries({ pool, newId }: Connection, clock: Clock) {
  return {
    /** Schedules with a time that has come. */
    async comeDue(limit: number): Promise<ScheduleId[]> {
      const { rows } = await pool.query<{ id: ScheduleId }>(
        `select id from loramill.schedules where paused_at is null and next_due_at <= $1 order by next_due_at limit $2`,
        [clock.now(), limit],
      );
      return rows.map(({ id }) => id);
    },

    /**
     * Writes the fires whose time has come, those that nobody can make any more as missed, and moves on to what is next: one
     * transaction, so that no time is lost and none comes twice. Answers those that were missed.
     */
    async writeFires(schedule: ScheduleId): Promise<FireOutcome[]> {
      return inTransaction(pool, async (sql) => {
        const now = clock.now();
        const { rows } = await sql.query<Times>(
          `select ${TIMES} from loramill.schedules where id = $1 and paused_at is null and next_due_at <= $2
           for no key update`,
          [schedule, now],
        );
        const next = rows[0] === undefined ? null : nextOf(rows[0]);
        if (rows[0] === undefined || next === null) return [];
        const due = comeDue(rows[0], { next, now, limit: FIRES_AT_ONCE });
        const { rows: written } = await sql.query<{ dueAt: Date; state: string }>(
          `insert into loramill.fires (id, schedule, fire_at, due_at, origin, state, reason, created_at, settled_at)
           select id, $1, fire_at, due_at, 'timing', case when missed is null then 'waiting' else 'missed' end, missed, $2,
             case when missed is null then null else $2::timestamptz end
           from unnest($3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[]) as t(id, fire_at, due_at, missed)
           on conflict (schedule, fire_at) do nothing returning due_at as "dueAt", state`,
          [
            schedule,
            now,
            due.fires.map(() => newId("fir")),
            due.fires.map(({ fireAt }) => fireAt),
            due.fires.map(({ dueAt }) => dueAt),
            due.fires.map(({ missed }) => missed),
          ],
        );
        await sql.query("update loramill.schedules set next_fire_at = $2, next_due_at = $3 where id = $1", [
          schedule,
          due.next?.fireAt ?? null,
          due.next?.dueAt ?? null,
        ]);
        return written
          .filter(({ state }) => state === "missed")
          .map(({ dueAt }) => ({ outcome: "missed", lateSeconds: secondsBetween(dueAt, now) }));
      });
    },

    /** Schedules with fires that nobody has looked at yet, or that need wait no longer, or not without a run being ended. */
    async waiting(limit: number): Promise<ScheduleId[]> {
      const { rows } = await pool.query<{ schedule: ScheduleId }>(
        `select w.schedule from loramill.fires w join loramill.schedules s on s.id = w.schedule
         where w.state = 'waiting' and (w.reason is null or not exists (
           select 1 from loramill.fires d where d.schedule = w.schedule and d.state = 'due'
         ) and not exists (
           select 1 from loramill.fires f join loramill.runs r on r.id = f.run
           where f.schedule = w.schedule and r.state in ('planned', 'running')
             and (s.overlap <> 'replace' or w.origin = 'backfill' or r.cancel_requested_at is not null)))
         group by w.schedule order by min(w.due_at) limit $1`,
        [limit],
      );
      return rows.map(({ schedule }) => schedule);
    },

    /**
     * Gives the turn to a fire that waits, and skips those that the overlap policy does not let wait. `cancel` is a run that
     * has to end before a fire may begin: cancelling it is for the caller, as often as it is answered.
     */
    async takeTurns(schedule: ScheduleId): Promise<{ readonly skipped: FireOutcome[]; readonly cancel: RunId | null }> {
      return inTransaction(pool, async (sql) => {
        const now = clock.now();
        const { rows } = await sql.query<Pick<Schedule, "overlap">>(
          "select overlap from loramill.schedules where id = $1 for no key update",
          [schedule],
        );
        const [of] = rows;
        if (of === undefined) return { skipped: [], cancel: null };
        const waiting = await readWaiting(sql, schedule);
        const decided = decideFires({ ...of, waiting, open: await readOpen(sql, schedule) });
        await skip(sql, decided.skip, now);
        await admit(sql, decided.admit, now);
        await sql.query(
          `update loramill.fires set reason = $2
           where schedule = $1 and state = 'waiting' and reason is distinct from $2`,
          [schedule, decided.waits],
        );
        const skipped = new Set(decided.skip.map(({ fire }) => fire));
        return {
          skipped: waiting
            .filter(({ id }) => skipped.has(id))
            .map(({ dueAt }) => ({ outcome: "skipped", lateSeconds: secondsBetween(dueAt, now) })),
          cancel: decided.cancel,
        };
      });
    },
  };
}

export const secondsBetween = (from: Date, to: Date): number => Math.max(0, (to.getTime() - from.getTime()) / 1_000);

function nextOf({ nextFireAt, nextDueAt }: Times): FireTime | null {
  return nextFireAt === null || nextDueAt === null ? null : { fireAt: nextFireAt, dueAt: nextDueAt };
}

/** The oldest ones: a backfill may have written many, whose turn comes one by one. */
async function readWaiting(sql: pg.PoolClient, schedule: ScheduleId): Promise<(WaitingFire & { dueAt: Date })[]> {
  const { rows } = await sql.query<WaitingFire & { dueAt: Date }>(
    `(select id, fire_at as "fireAt", due_at as "dueAt", origin from loramill.fires
      where schedule = $1 and state = 'waiting' and origin <> 'backfill')
     union all
     (select id, fire_at, due_at, origin from loramill.fires
      where schedule = $1 and state = 'waiting' and origin = 'backfill' order by fire_at limit 1)
     order by "fireAt"`,
    [schedule],
  );
  return rows;
}

/** Also a run that a person took up again after its end. */
async function readOpen(sql: pg.PoolClient, schedule: ScheduleId): Promise<OpenFire | null> {
  const { rows } = await sql.query<OpenFire>(
    `(select fire_at as "fireAt", run from loramill.fires where schedule = $1 and state = 'due')
     union all
     (select f.fire_at, f.run from loramill.runs r join loramill.fires f on f.run = r.id
      where r.state in ('planned', 'running') and f.schedule = $1)
     order by "fireAt" desc limit 1`,
    [schedule],
  );
  return rows[0] ?? null;
}

async function skip(
  sql: pg.PoolClient,
  skipped: readonly { readonly fire: FireId; readonly reason: string }[],
  now: Date,
): Promise<void> {
  if (skipped.length === 0) return;
  await sql.query(
    `update loramill.fires f set state = 'skipped', reason = t.reason, settled_at = $3
     from unnest($1::text[], $2::text[]) as t(id, reason) where f.id = t.id and f.state = any($4)`,
    [skipped.map(({ fire }) => fire), skipped.map(({ reason }) => reason), now, statesAllowing("fire", "skip")],
  );
}

async function admit(sql: pg.PoolClient, fire: FireId | null, now: Date): Promise<void> {
  if (fire === null) return;
  await sql.query(
    "update loramill.fires set state = 'due', admitted_at = $2, reason = null where id = $1 and state = any($3)",
    [fire, now, statesAllowing("fire", "admit")],
  );
  await sql.query("select pg_notify('loramill_fires', '')");
}
