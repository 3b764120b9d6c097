import type { Connection } from "../connection.ts";

/** A training of a run that is not over wants its model surely; one that was, in the last days, says what comes again. */
const WANTED_MODELS = `
select s.planned #>> '{params,recipe,baseModel}' as model
from loramill.runs r join loramill.steps s on s.run = r.id
where (r.state in ('planned', 'running') or r.ended_at > $1)
  and s.queue = 'train' and s.planned #>> '{params,backend}' = 'agent'
  and s.planned #>> '{params,placement,mode}' is distinct from 'local'
  and s.planned #>> '{params,recipe,baseModel}' is not null
group by 1
order by count(*) filter (where r.state in ('planned', 'running')) desc, count(*) desc, 1
limit 100`;

export function wantedModelQueries({ pool }: Connection) {
  return {
    /**
     * Ids of the base models that trainings on agents want now, or wanted in runs that ended after `since`: those that most
     * wait for first.
     */
    async wantedModels(since: Date): Promise<string[]> {
      const { rows } = await pool.query<{ model: string }>(WANTED_MODELS, [since]);
      return rows.map(({ model }) => model);
    },
  };
}
