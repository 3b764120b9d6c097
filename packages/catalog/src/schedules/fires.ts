import {
  type Clock,
  FireId,
  type FireState,
  type RunId,
  type RunState,
  type ScheduleId,
  statesAllowing,
} from "@loramill/contracts";
import { type Connection, inTransaction } from "../connection.ts";
import { and, desc, eq, getTableColumns, inArray, lt } from "../drizzle.ts";
import { limitOf, type Page, type PageRequest, parseNumbers, toPage } from "../queries/paging.ts";
import { runs } from "../schema/runs.ts";
import { fires } from "../schema/schedules.ts";

export type Fire = Omit<typeof fires.$inferSelect, "id" | "state" | "run"> & {
  readonly id: FireId;
  readonly state: FireState;
  readonly run: { readonly id: RunId; readonly name: string; readonly state: RunState } | null;
};

const columns = { ...getTableColumns(fires), runName: runs.name, runState: runs.state };

type Row = typeof fires.$inferSelect & { readonly runName: string | null; readonly runState: string | null };

export function fireQueries({ db, pool, newId }: Connection, clock: Clock) {
  return {
    /** Newest time first. */
    async list(
      filter: PageRequest & { readonly schedule: ScheduleId; readonly state?: FireState | undefined },
    ): Promise<Page<Fire>> {
      const limit = limitOf(filter);
      const [before] = parseNumbers(filter.cursor, 1) ?? [];
      const rows = await db
        .select(columns)
        .from(fires)
        .leftJoin(runs, eq(runs.id, fires.run))
        .where(
          and(
            eq(fires.schedule, filter.schedule),
            filter.state === undefined ? undefined : eq(fires.state, filter.state),
            before === undefined ? undefined : lt(fires.fireAt, new Date(before)),
          ),
        )
        .orderBy(desc(fires.fireAt))
        .limit(limit + 1);
      return toPage(rows, limit, toFire, ({ fireAt }) => `${fireAt.getTime()}`);
    },

    /** The newest one of each schedule. */
    async newest(of: readonly ScheduleId[]): Promise<ReadonlyMap<ScheduleId, Fire>> {
      const { rows: newest } = await pool.query<{ id: string }>(
        `select f.id from unnest($1::text[]) as s(id) cross join lateral (
           select id from loramill.fires where schedule = s.id order by fire_at desc limit 1) f`,
        [of],
      );
      const ids = newest.map(({ id }) => id);
      const rows = await db
        .select(columns)
        .from(fires)
        .leftJoin(runs, eq(runs.id, fires.run))
        .where(inArray(fires.id, ids));
      return new Map(rows.map((row) => [row.schedule, toFire(row)]));
    },

    async get(id: FireId): Promise<Fire | null> {
      const [row] = await db.select(columns).from(fires).leftJoin(runs, eq(runs.id, fires.run)).where(eq(fires.id, id));
      return row === undefined ? null : toFire(row);
    },

    /** One fire at this moment; two of the same millisecond are one. */
    async trigger(schedule: ScheduleId): Promise<FireId> {
      const now = clock.now();
      const { rows } = await pool.query<{ id: string }>(
        `insert into loramill.fires (id, schedule, fire_at, due_at, origin, state, created_at)
         values ($1, $2, $3, $3, 'trigger', 'waiting', $3)
         on conflict (schedule, fire_at) do update set fire_at = excluded.fire_at returning id`,
        [newId("fir"), schedule, now],
      );
      await pool.query("select pg_notify('loramill_dispatch', 'schedules')");
      return FireId.parse(rows[0]?.id);
    },

    /** Of these times, those that have a run or are about to. */
    async present(schedule: ScheduleId, times: readonly Date[]): Promise<Date[]> {
      const { rows } = await pool.query<{ fireAt: Date }>(
        `select fire_at as "fireAt" from loramill.fires
         where schedule = $1 and fire_at = any($2) and not state = any($3)`,
        [schedule, times, statesAllowing("fire", "resume")],
      );
      return rows.map(({ fireAt }) => fireAt);
    },

    /** Makes fires of times that are over, and once more those that came to nothing. */
    async backfill(schedule: ScheduleId, times: readonly Date[]): Promise<void> {
      const now = clock.now();
      await inTransaction(pool, async (sql) => {
        await sql.query(
          `insert into loramill.fires as f (id, schedule, fire_at, due_at, origin, state, created_at)
           select id, $1, fire_at, $4, 'backfill', 'waiting', $4
           from unnest($2::text[], $3::timestamptz[]) as t(id, fire_at)
           on conflict (schedule, fire_at) do update
           set state = 'waiting', origin = 'backfill', due_at = excluded.due_at, reason = null, error = null,
             settled_at = null, admitted_at = null, held_until = null, epoch = 0
           where f.state = any($5)`,
          [schedule, times.map(() => newId("fir")), times, now, statesAllowing("fire", "resume")],
        );
        await sql.query("select pg_notify('loramill_dispatch', 'schedules')");
      });
    },
  };
}

function toFire({ runName, runState, ...row }: Row): Fire {
  const { id, state, run } = row;
  const made = run === null || runName === null ? null : { id: run, name: runName, state: runState as RunState };
  return { ...row, id: id as FireId, state: state as FireState, run: made };
}
