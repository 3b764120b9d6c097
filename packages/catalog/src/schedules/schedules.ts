import { type Clock, type ProjectId, type ScheduleId, UserError } from "@loramill/contracts";
import { nextTime, type ScheduleTimes } from "@loramill/schedules";
import type { Connection } from "../connection.ts";
import { and, asc, eq, gt } from "../drizzle.ts";
import { limitOf, type Page, type PageRequest, toPage } from "../queries/paging.ts";
import { schedules } from "../schema/schedules.ts";
import { type PauseOrder, pauseSchedule } from "./pause-schedule.ts";

export type Schedule = typeof schedules.$inferSelect;

/** What a person says of a schedule. */
export type ScheduleFields = Pick<
  Schedule,
  | "run"
  | "runName"
  | "timing"
  | "startsAt"
  | "endsAt"
  | "jitterSeconds"
  | "overlap"
  | "catchUpMinutes"
  | "deadlineMinutes"
  | "monthlyBudgetMicroUsd"
  | "pauseAfterFailures"
>;

/** What is undefined stays. */
type ScheduleFieldsChange = { readonly [Field in keyof ScheduleFields]?: ScheduleFields[Field] | undefined };

export interface ScheduleRef {
  readonly project: ProjectId;
  readonly name: string;
}

export function scheduleQueries({ db, pool, newId }: Connection, clock: Clock) {
  const named = ({ project, name }: ScheduleRef) => and(eq(schedules.project, project), eq(schedules.name, name));
  const find = async (ref: ScheduleRef): Promise<Schedule | null> =>
    (await db.select().from(schedules).where(named(ref)))[0] ?? null;
  const next = (times: ScheduleTimes, after = clock.now()) => {
    const time = nextTime(times, after);
    return { nextFireAt: time?.fireAt ?? null, nextDueAt: time?.dueAt ?? null };
  };

  /** A fire whose time has come by the old times and that waits for its jitter is not lost where the timing stays. */
  const retimed = (old: Schedule, fields: Partial<ScheduleFields>) => {
    const { timing, startsAt, endsAt, jitterSeconds } = fields;
    if ([timing, startsAt, endsAt, jitterSeconds].every((field) => field === undefined)) return {};
    const now = clock.now();
    const isPending = timing === undefined && old.nextFireAt !== null && old.nextFireAt < now;
    const times = next({ ...old, ...fields }, isPending ? new Date(Number(old.nextFireAt) - 1) : now);
    return old.pausedAt === null ? firing(times) : times;
  };

  return {
    find,

    /** UserError `schedule-exists` where the name is taken, `never-fires` where no time would come. */
    async create({ project, name, ...fields }: ScheduleRef & ScheduleFields): Promise<Schedule> {
      const id: ScheduleId = newId("sch");
      const now = clock.now();
      const [row] = await db
        .insert(schedules)
        .values({ ...fields, id, project, name, createdAt: now, changedAt: now, ...firing(next({ ...fields, id })) })
        .onConflictDoNothing({ target: [schedules.project, schedules.name] })
        .returning();
      if (row !== undefined) return row;
      throw new UserError(`there is a schedule "${name}" already: change it, or choose another name`, {
        code: "schedule-exists",
        details: { field: "name" },
      });
    },

    /** Null when there is none. Fires that wait keep their time, and start what the schedule says by then. */
    async change(ref: ScheduleRef, change: ScheduleFieldsChange): Promise<Schedule | null> {
      const fields: Partial<ScheduleFields> = given(change);
      return db.transaction(async (sql) => {
        const [old] = await sql.select().from(schedules).where(named(ref)).for("update");
        if (old === undefined) return null;
        const set = { ...fields, ...retimed(old, fields), changedAt: clock.now() };
        const [row] = await sql.update(schedules).set(set).where(eq(schedules.id, old.id)).returning();
        return row ?? null;
      });
    },

    /** By name. */
    async list(filter: PageRequest & { readonly project: ProjectId }): Promise<Page<Schedule>> {
      const limit = limitOf(filter);
      const after = filter.cursor === undefined ? undefined : gt(schedules.name, filter.cursor);
      const rows = await db
        .select()
        .from(schedules)
        .where(and(eq(schedules.project, filter.project), after))
        .orderBy(asc(schedules.name))
        .limit(limit + 1);
      return toPage(
        rows,
        limit,
        (row) => row,
        ({ name }) => name,
      );
    },

    /** Whether there was one. Its fires go with it; runs that they started stay. */
    async remove(ref: ScheduleRef): Promise<boolean> {
      return (await db.delete(schedules).where(named(ref)).returning({ id: schedules.id })).length > 0;
    },

    /** As `pause`, by the dispatcher. */
    stop: (schedule: ScheduleId, reason: string): Promise<void> =>
      pauseSchedule(pool, schedule, { reason, by: "dispatcher", at: clock.now() }),

    /** No fire begins by the timing from now on, and none that waits. Null when there is none. */
    async pause(ref: ScheduleRef, order: Omit<PauseOrder, "at">): Promise<Schedule | null> {
      const schedule = await find(ref);
      if (schedule === null) return null;
      await pauseSchedule(pool, schedule.id, { ...order, at: clock.now() });
      return find(ref);
    },

    /** From the next fire on; those of the time in between are not made. Null when there is none. */
    async resume(ref: ScheduleRef): Promise<Schedule | null> {
      return db.transaction(async (sql) => {
        const [old] = await sql.select().from(schedules).where(named(ref)).for("update");
        if (old === undefined || old.pausedAt === null) return old ?? null;
        const on = { pausedReason: null, pausedBy: null, pausedAt: null, failures: 0 };
        const set = { ...on, ...next(old), changedAt: clock.now() };
        const [row] = await sql.update(schedules).set(set).where(eq(schedules.id, old.id)).returning();
        return row ?? null;
      });
    },

    /** Whether a schedule will fire again by itself, or has a fire that is not settled: whoever ends now would be missed. */
    async areAwaited(): Promise<boolean> {
      const { rows } = await pool.query<{ awaited: boolean }>(
        `select exists (select 1 from loramill.schedules where paused_at is null and next_due_at is not null)
           or exists (select 1 from loramill.fires where state = 'waiting')
           or exists (select 1 from loramill.fires where state = 'due') as awaited`,
      );
      return rows[0]?.awaited === true;
    },
  };
}

/** UserError `never-fires` for a schedule without a time to come. */
function firing<T extends { readonly nextFireAt: Date | null }>(times: T): T {
  if (times.nextFireAt !== null) return times;
  throw new UserError("it would never fire: all of its times are over, or there are none", {
    code: "never-fires",
    details: { field: "timing" },
  });
}

function given(change: ScheduleFieldsChange): Partial<ScheduleFields> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}
