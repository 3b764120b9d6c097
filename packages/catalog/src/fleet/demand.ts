import {
  type FleetBacklog,
  type JobId,
  type JsonObject,
  Placement,
  type ProjectId,
  type RunId,
  type StepId,
  TrainerName,
} from "@loramill/contracts";
import { type Connection, toNumber } from "../connection.ts";
import { RESERVED_IN_BATCH, SPENT_IN_BATCH } from "./limits.ts";
import { OPEN, RESERVED } from "./reserved.ts";

/** A training that wants a rented machine or has one, as its rows tell. */
export interface WantingTraining {
  readonly job: JobId;
  readonly run: RunId;
  readonly step: StepId;
  readonly project: ProjectId;
  readonly priority: number;
  readonly since: Date;
  readonly deadline: Date | null;
  /** As it was planned. */
  readonly recipe: JsonObject;
  readonly placement: Placement | null;
  /** Of its dataset; null where nobody counted them. */
  readonly images: number | null;
  /** Optimiser steps that need not be done again. */
  readonly stepsDone: number;
  /** Of the budget of its run, less what is set aside for other jobs; null without a budget. */
  readonly remainingMicroUsd: number | null;
  /** Name of the machine that it has. */
  readonly pod: string | null;
  readonly preemptions: number;
  /** What it is trained with; null until an agent was asked for it. */
  readonly trainer: TrainerName | null;
}

type Row = Omit<WantingTraining, "placement" | "remainingMicroUsd" | "trainer"> & {
  readonly placement: unknown;
  readonly trainer: string | null;
  readonly remaining: string | null;
};

/**
 * A training wants a machine from when every agent that there is has refused it (`capacity`), and as long as one is on its way
 * for it; those that wait for a slot of their backend do not yet. What its turn says (apps/trainer/src/turn.ts) tells which
 * machine it has: one on a machine of one's own has none. Of one whose machine is ending, only checkpoints count as done, and it has
 * lost that machine, which its own next turn will say. One that only waits for its bill (`settling`) wants nothing any more.
 */
const WANTING = `
select j.id as job, j.run, j.step, j.project, r.priority, j.waiting_since as since, r.deadline,
  s.planned #> '{params,recipe}' as recipe, s.planned #> '{params,placement}' as placement,
  (select d.items from loramill.steps d where d.run = j.run and d.kind = 'dataset' order by d.ordinal limit 1) as images,
  greatest(
    coalesce((select max(c.step) from loramill.checkpoints c where c.job = j.id), 0),
    case when p.name is not null then coalesce((j.progress->>'step')::float8, 0) else 0 end
  ) as "stepsDone",
  least(r.budget_micro_usd - r.spent_micro_usd - coalesce((
    select sum(o.reserved) from (
      select j.id, ${RESERVED} as reserved from loramill.steps t join loramill.jobs j on j.step = t.id
      where t.run = r.id and t.jobs_open > 0 and j.state in ${OPEN}
    ) o where o.id <> j.id
  ), 0), (
    select b.budget_micro_usd - ${SPENT_IN_BATCH} - ${RESERVED_IN_BATCH} + ${RESERVED}
    from loramill.batches b where b.id = r.batch
  )) as remaining,
  p.name as pod, coalesce(j.turn->>'trainer', j.progress->>'trainer') as trainer,
  (select count(*)::int from loramill.run_events e
    where e.run = j.run and e.job = j.id and e.type = 'training.lost')
    + coalesce((j.turn->>'phase' = 'running' and p.name is null)::int, 0) as preemptions
from loramill.jobs j
join loramill.steps s on s.id = j.step
join loramill.runs r on r.id = j.run
left join loramill.pods p
  on p.name = j.turn->>'pod' and j.turn->>'phase' = 'running' and p.state in ('ready', 'draining')
where j.queue = 'train' and j.state in ${OPEN} and j.cancel_requested_at is null
  and r.state = 'running' and r.cancel_requested_at is null
  and s.planned #>> '{params,backend}' = 'agent' and s.planned #>> '{params,placement,mode}' is distinct from 'local'
  and case when j.turn->>'phase' = 'running' then j.turn->>'pod' is not null and j.turn->>'settling' is distinct from 'true'
    else j.error->>'code' = 'capacity' or exists (
      select from loramill.pods w where w.state in ('wanted', 'booting', 'ready') and j.id = any(w.wanted_for)
    ) end
order by j.id`;

export function demandQueries({ pool }: Connection) {
  return {
    /** The trainings that machines are planned for. */
    async wantingTrainings(): Promise<WantingTraining[]> {
      const { rows } = await pool.query<Row>(WANTING);
      return rows.map(({ placement, remaining, trainer, ...row }) => ({
        ...row,
        trainer: TrainerName.safeParse(trainer).data ?? null,
        placement: placement === null ? null : Placement.parse(placement),
        remainingMicroUsd: remaining === null ? null : Math.max(0, toNumber(remaining)),
      }));
    },
    /** Trainings with a deadline that have not been let go yet, by project and deadline. */
    async waitingBehind(): Promise<FleetBacklog[]> {
      const { rows } = await pool.query<FleetBacklog>(
        `select r.project, r.deadline, sum(s.jobs_waiting)::int as trainings
         from loramill.steps s join loramill.runs r on r.id = s.run
         where s.jobs_waiting > 0 and s.state = 'running' and s.kind = 'train'
           and r.state = 'running' and r.cancel_requested_at is null and r.deadline is not null
           and s.planned #>> '{params,backend}' = 'agent'
           and s.planned #>> '{params,placement,mode}' is distinct from 'local'
         group by r.project, r.deadline order by r.project, r.deadline`,
      );
      return rows;
    },
    /** For how many machines each of these trainings was ever the reason. */
    async timesWanted(jobs: readonly JobId[]): Promise<Map<JobId, number>> {
      const { rows } = await pool.query<{ job: JobId; times: number }>(
        `select w.job, (select count(*)::int from loramill.pods p where w.job = any(p.wanted_for)) as times
         from unnest($1::text[]) as w(job)`,
        [jobs],
      );
      return new Map(rows.map(({ job, times }) => [job, times]));
    },
  };
}
