import { OPEN } from "./reserved.ts";

/**
 * The projects for whose ceilings by the hour machine `p` counts, as an array of their ids. Machines are the account's: whoever has
 * one answers for it, whomever it was rented for. Those whose trainings are on it; while none is, the one that had it last,
 * for what comes after is its idle time; and until somebody has had it, those that it was rented for.
 */
export const COUNTS_FOR = `coalesce(
  (
    select array_agg(distinct j.project order by j.project) from loramill.jobs j
    where j.queue = 'train' and j.state in ${OPEN} and j.turn->>'phase' = 'running' and j.turn->>'pod' = p.name
  ),
  (
    select array[j.project] from loramill.ledger l join loramill.jobs j on j.id = l.job
    where l.pod = p.name and j.queue = 'train' order by l.at desc, l.id desc limit 1
  ),
  (select array_agg(distinct j.project order by j.project) from loramill.jobs j where j.id = any(p.wanted_for)),
  '{}'
)`;
