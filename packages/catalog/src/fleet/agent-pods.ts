import type { AgentPod, FleetOffer, JobId } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { FRESH_PLAN_SECONDS } from "./plans.ts";

/**
 * From its agent's first answer, a machine is kept so long for the trainings that it was rented for. They come within the
 * pause between two tries; one that does not come is held up by something else.
 */
const RESERVED_SECONDS = 120;

/**
 * What one training at a time has (`trainingsAtOnce`) is its own until it has taken its part of the bill, also when its agent is done before anybody
 * has looked: who came in between would take the same time on the machine as theirs. Of those for whom one was rented, a
 * training that is at work has a machine, whichever it is.
 */
const AGENT_PODS = `
with planned as (
  select d->>'pod' as pod, array(select jsonb_array_elements_text(d->'jobs')) as jobs
  from loramill.fleet f, jsonb_array_elements(f.decisions) d
  where f.planned_at > now() - $2 * interval '1 second' and d->>'kind' = 'keep'
)
select p.name, p.provider, p.offer, p.address, p.state = 'ready' as "takesWork",
  case when u.jobs <> '{}' then u.jobs when p.answered_at > now() - $1 * interval '1 second' then array(
    select j.id from loramill.jobs j
    where j.id = any(p.wanted_for) and j.state in ('waiting', 'released', 'active', 'parked')
      and j.turn->>'phase' is distinct from 'running'
    order by j.id
  ) else '{}' end as "reservedFor",
  coalesce(n.jobs, '{}') as "plannedFor", coalesce(p.health->'holds', '[]') as holds
from loramill.pods p
left join planned n on n.pod = p.name
cross join lateral (
  select array(
    select j.id from loramill.jobs j
    where j.queue = 'train' and j.state in ('released', 'active', 'parked') and j.turn->>'pod' = p.name
      and ((p.health->>'slots')::int = 1 or (p.offer->>'pricePerHourMicroUsd')::bigint > 0)
    order by j.id
  ) as jobs
) u
where p.state in ('ready', 'draining', 'ending') and p.address is not null and p.offer is not null
order by p.created_at, p.name`;

export function agentPodQueries({ pool }: Connection) {
  return {
    /** The rented machines whose agents can be asked; one that is being given back may still answer. */
    async agentPods(): Promise<AgentPod[]> {
      const { rows } = await pool.query<Omit<AgentPod, "offer"> & { offer: FleetOffer; reservedFor: JobId[] }>(
        AGENT_PODS,
        [RESERVED_SECONDS, FRESH_PLAN_SECONDS],
      );
      return rows;
    },
  };
}
