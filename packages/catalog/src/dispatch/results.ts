import type { Digest, ProjectId, RunId } from "@loramill/contracts";
import type { EarlierStep } from "@loramill/orchestration";
import { type Connection, toNumber } from "../connection.ts";
import type { Artifact } from "./transitions.ts";

/** A step that makes what another one wants: the other waits for it. */
export interface LiveStep {
  readonly key: Digest;
  readonly run: RunId;
  readonly runName: string;
  readonly name: string;
}

export function resultQueries({ pool }: Connection) {
  return {
    async artifacts(keys: readonly Digest[]): Promise<Map<Digest, Artifact & { readonly runName: string }>> {
      const { rows } = await pool.query<Artifact & { readonly runName: string | null }>(
        `select a.key, a.kind, a.output, a.items, a.summary, a.run, a.step, a.created_at as "createdAt", r.name as "runName"
         from loramill.artifacts a left join loramill.runs r on r.id = a.run
         where a.key = any($1)`,
        [keys],
      );
      return new Map(rows.map((row) => [row.key, { ...row, runName: row.runName ?? "an earlier run" }]));
    },

    /**
     * What bundles say of these keys to the projects that they were imported into, by `claimKey`: the oldest import first, and
     * of those alone whose results may be taken.
     */
    async importedResults(
      wanted: readonly { readonly project: string; readonly key: Digest }[],
    ): Promise<Map<string, Artifact & { readonly runName: string }>> {
      const { rows } = await pool.query<Artifact & { readonly project: string; readonly runName: string }>(
        `select distinct on (c.project, c.key) c.project, c.key, c.kind, c.output, c.items, c.summary, c.run, c.step,
           c.created_at as "createdAt", r.name as "runName"
         from loramill.imported_results c
         join loramill.imports i on i.run = c.run and i.reuse
         join loramill.runs r on r.id = c.run
         join rows from (unnest($1::text[]), unnest($2::text[])) as w(project, key) on w.project = c.project and w.key = c.key
         order by c.project, c.key, c.run`,
        [wanted.map(({ project }) => project), wanted.map(({ key }) => key)],
      );
      return new Map(rows.map(({ project, ...row }) => [claimKey(project, row.key), row]));
    },

    async liveSteps(keys: readonly Digest[]): Promise<Map<Digest, LiveStep>> {
      const { rows } = await pool.query<LiveStep>(
        `select s.key, s.run, r.name as "runName", s.name
         from loramill.steps s join loramill.runs r on r.id = s.run
         where s.key = any($1) and s.state = 'running' and s.reuse`,
        [keys],
      );
      return new Map(rows.map((row) => [row.key, row]));
    },

    /**
     * The most recent step that this one could have been a copy of, among the project's last runs; those of the same
     * name first. To say what is different now.
     */
    async earlierStep(of: {
      readonly run: RunId;
      readonly runName: string;
      readonly project: ProjectId;
      readonly name: string;
    }): Promise<EarlierStep | null> {
      const { rows } = await pool.query<EarlierStep>(
        `select r.id as run, s.planned as step, coalesce(s.inputs, '{}') as inputs
         from (
           select id, name from loramill.runs where project = $1 and id < $2 order by id desc limit 50
         ) r
         join loramill.steps s on s.run = r.id and s.name = $3 and s.state in ('succeeded', 'reused')
         order by r.name = $4 desc, r.id desc limit 1`,
        [of.project, of.run, of.name, of.runName],
      );
      return rows[0] ?? null;
    },

    /** Work by queue, for scalers and dashboards. */
    async backlog(): Promise<QueueBacklog[]> {
      const { rows } = await pool.query<Record<keyof QueueBacklog, string>>(
        // Starved is what an agent's machine would help; other backends have a capacity that no machine of ours adds to.
        `select queue, sum(waiting) as waiting, sum(released) as released, sum(active) as active, sum(parked) as parked,
           sum(due) as due, sum(starved) as starved, sum(lost) as "lostWorkers", max(oldest) as "oldestWaitSeconds"
         from (
           select j.queue, 0::bigint as waiting, count(*) filter (where j.state = 'released') as released,
             count(*) filter (where j.state = 'active') as active, count(*) filter (where j.state = 'parked') as parked,
             count(*) filter (where j.state = 'parked' and (j.not_before is null or j.not_before <= now())) as due,
             count(*) filter (where j.state = 'parked' and j.error->>'code' = 'capacity'
               and s.planned #>> '{params,backend}' = 'agent') as starved,
             sum(j.workers_lost) as lost,
             coalesce(max(extract(epoch from now() - j.released_at)) filter (where j.state = 'released'), 0) as oldest
           from loramill.jobs j join loramill.steps s on s.id = j.step
           where j.state in ('released', 'active', 'parked') group by j.queue
           union all
           select s.queue, sum(s.jobs_waiting), 0, 0, 0, 0, 0, 0, max(extract(epoch from now() - s.started_at))
           from loramill.steps s join loramill.runs r on r.id = s.run
           where s.jobs_waiting > 0 and s.state = 'running' and r.state = 'running' group by s.queue
         ) each group by queue order by queue`,
      );
      return rows.map((row) => ({
        queue: row.queue,
        waiting: toNumber(row.waiting),
        released: toNumber(row.released),
        active: toNumber(row.active),
        parked: toNumber(row.parked),
        due: toNumber(row.due),
        starved: toNumber(row.starved),
        lostWorkers: toNumber(row.lostWorkers),
        oldestWaitSeconds: toNumber(row.oldestWaitSeconds),
      }));
    },
  };
}

/** What names a claim: it is nothing to other projects. */
export const claimKey = (project: string, key: Digest): string => `${project}/${key}`;

export interface QueueBacklog {
  readonly queue: string;
  /** Not yet in the queue. */
  readonly waiting: number;
  readonly released: number;
  readonly active: number;
  readonly parked: number;
  /** Of the parked, those whose time has come. */
  readonly due: number;
  /** Of the parked, those for an agent that none could take when they last asked. */
  readonly starved: number;
  /** How often the jobs that are open now have lost their worker. */
  readonly lostWorkers: number;
  readonly oldestWaitSeconds: number;
}
