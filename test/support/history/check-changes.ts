import { type Machine, machines } from "@loramill/contracts";
import type { Check } from "./history.ts";

interface Change {
  readonly subject: Machine;
  readonly state_before: string | null;
  readonly state: string;
}

const FIRST_STATES: Readonly<Record<Machine, string>> = {
  run: "planned",
  step: "blocked",
  job: "waiting",
  pod: "wanted",
  fire: "waiting",
};

function isAllowed({ subject, state_before: before, state }: Change): boolean {
  if (before === null) return state === FIRST_STATES[subject];
  const events: Readonly<Record<string, Readonly<Record<string, string>>>> = machines[subject];
  return Object.values(events[before] ?? {}).includes(state);
}

export const statesChangeAsDrawn: Check = async ({ query }) => {
  const kinds = await query<Change>(
    `select subject, state_before, state, count(*)::int as times, min(name) as example
     from history.changes group by subject, state_before, state`,
  );
  return kinds.filter((kind) => !isAllowed(kind));
};

/** A claim raises the epoch by one, and nothing else changes it. */
export const epochsRiseByClaims: Check = ({ query }) =>
  query(`
    select name, state_before, state, epoch_before, epoch from history.changes
    where subject = 'job' and epoch <> coalesce(epoch_before, 0) + (state = 'active')::int`);

export const nothingIsWorkedOnAfterItSucceeded: Check = ({ query }) =>
  query(`
    select later.* from history.changes ended
    join history.changes later on later.subject = ended.subject and later.name = ended.name and later.id > ended.id
    where ended.state = 'succeeded'`);

export const nothingWrittenIsRewritten: Check = ({ query }) =>
  query("select what, before, after from history.rewrites order by id limit 20");
