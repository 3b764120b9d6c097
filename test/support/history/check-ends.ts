import { FLEET_PROJECT } from "@loramill/contracts";
import type { Check } from "./history.ts";

/** Machines have runs of their own, which nobody has asked the API for. */
export const everyAcknowledgedRunIsThere: Check = async ({ query, acknowledged }) => {
  const rows = await query<{ id: string }>(
    "select r.id from loramill.runs r join loramill.projects p on p.id = r.project where p.name <> $1",
    [FLEET_PROJECT],
  );
  const there = new Set(rows.map(({ id }) => id));
  return [...acknowledged.filter((id) => !there.has(id)), ...there.difference(new Set(acknowledged))];
};

export const everyRunSucceeded: Check = ({ query }) =>
  query("select id, state, error from loramill.runs where state <> 'succeeded'");

/** A step that was resumed may take the result of another run; then the jobs it had are called off. */
export const everyStepIsWhole: Check = ({ query }) =>
  query(`
    select s.run, s.name, s.state, s.jobs_total, s.jobs_succeeded, s.jobs_cancelled, j.succeeded
    from loramill.steps s
    cross join lateral (
      select count(*)::int as succeeded from loramill.jobs where step = s.id and state = 'succeeded'
    ) j
    where s.state not in ('succeeded', 'reused') or s.jobs_waiting + s.jobs_open + s.jobs_failed > 0
      or (s.state = 'succeeded' and s.jobs_cancelled > 0) or s.jobs_succeeded + s.jobs_cancelled <> s.jobs_total
      or s.jobs_succeeded <> j.succeeded`);
