import type { Digest } from "@loramill/contracts";
import type { Connection } from "../connection.ts";

/** Training steps that rented machines may do, with their runs. */
const TRAININGS = `
loramill.runs r join loramill.steps s on s.run = r.id
where s.queue = 'train' and s.planned #>> '{params,backend}' = 'agent'
  and s.planned #>> '{params,placement,mode}' is distinct from 'local'`;

/** A training of a run that is not over wants its model surely; one that was, in the last days, says what comes again. */
const WANTED_MODELS = `
select s.planned #>> '{params,recipe,baseModel}' as model
from ${TRAININGS}
  and (r.state in ('planned', 'running') or r.ended_at > $1)
  and s.planned #>> '{params,recipe,baseModel}' is not null
group by 1
order by count(*) filter (where r.state in ('planned', 'running')) desc, count(*) desc, 1
limit 100`;

/** Known as soon as the dataset is made; few datasets are trained on again when their trainings are over. */
const WANTED_DATASETS = `
select d.digest as dataset
from (
  select s.id, s.planned from ${TRAININGS} and r.state = 'running' and s.state = 'running'
) s join loramill.jobs j on j.step = s.id and j.ended_at is null
cross join lateral (values
  (j.input #>> '{inputs,dataset}'), (s.planned #>> '{params,recipe,regularisation,dataset}')
) as d(digest)
where d.digest is not null
group by 1
order by count(*) desc, 1
limit 100`;

/** What trainings on rented machines read, the most wanted first. */
export function wantedFileQueries({ pool }: Connection) {
  return {
    /**
     * Ids of the base models that trainings on agents want now, or wanted in runs that ended after `since`: those that most
     * wait for first.
     */
    async wantedModels(since: Date): Promise<string[]> {
      const { rows } = await pool.query<{ model: string }>(WANTED_MODELS, [since]);
      return rows.map(({ model }) => model);
    },

    /** Manifests of the datasets, and regularisation sets, of trainings on agents that are not over. */
    async wantedDatasets(): Promise<Digest[]> {
      const { rows } = await pool.query<{ dataset: Digest }>(WANTED_DATASETS);
      return rows.map(({ dataset }) => dataset);
    },
  };
}
