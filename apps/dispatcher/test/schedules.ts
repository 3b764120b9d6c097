import type { Catalog, FireOutcome } from "@loramill/catalog";
import { type ProjectId, type RunId, type RunState, ScheduleBody } from "@loramill/contracts";
import { trialRun } from "@loramill/testkit";
import { fireSchedules } from "../src/fire-schedules.ts";

export const log = { debug() {}, info() {}, warn() {}, error() {} };

/** A clock that tests move. */
export function startClock(at: string) {
  let now = new Date(at);
  return {
    now: () => new Date(now),
    set: (time: string) => {
      now = new Date(time);
    },
    pass: (minutes: number) => {
      now = new Date(now.getTime() + minutes * 60_000);
    },
  };
}

type Fields = Partial<
  Pick<ScheduleBody, "timing" | "overlap" | "catchUpMinutes" | "jitterSeconds" | "pauseAfterFailures">
>;

/** An hourly schedule of a project of its own, where nothing else is said. */
export async function addSchedule(catalog: Catalog, name: string, fields: Fields = {}) {
  const { spec } = trialRun([{ name: "caption" }]);
  const {
    project: _,
    monthlyBudgetUsd: _limit,
    ...body
  } = ScheduleBody.parse({ name, run: spec, timing: { type: "every", minutes: 60 }, ...fields });
  const project = await catalog.projects.ensure(name);
  return catalog.schedules.create({
    ...body,
    startsAt: null,
    endsAt: null,
    monthlyBudgetMicroUsd: null,
    project: project.id,
  });
}

/** As a process that plans: takes one fire and makes its run of one step. Null when there is none. */
export async function planFire(catalog: Pick<Catalog, "fires" | "projects" | "runs">): Promise<RunId | null> {
  const claim = await catalog.fires.claim({ holdMs: 60_000 });
  if (claim === null || "outcome" in claim) return null;
  const project: ProjectId = (await catalog.projects.ensure(claim.schedule.project)).id;
  return catalog.runs.create({ project, ...trialRun([{ name: "caption" }]), fire: claim });
}

/** Looks at schedules and plans until nothing moves; answers what became of fires, oldest first. */
export async function settle(catalog: Catalog): Promise<FireOutcome[]> {
  const seen: FireOutcome[] = [];
  for (let moved = true; moved; ) {
    moved = await fireSchedules({ catalog, log, onFire: (fire) => seen.push(fire) });
    while ((await planFire(catalog)) !== null) moved = true;
  }
  return seen;
}

/** The fires of a schedule, oldest first: hour and minute, state, and the state of its run. */
export async function firesOf(catalog: Catalog, schedule: Parameters<Catalog["fires"]["list"]>[0]["schedule"]) {
  const { items } = await catalog.fires.list({ schedule, limit: 200 });
  return items
    .map(({ fireAt, state, run }) =>
      [fireAt.toISOString().slice(11, 16), state, ...(run === null ? [] : [run.state])].join(" "),
    )
    .reverse();
}

/** Ends the open runs of everybody. */
export async function endRuns(catalog: Catalog, state: RunState = "succeeded"): Promise<void> {
  await catalog.pool.query(
    "update loramill.runs set state = $1, ended_at = now() where state in ('planned', 'running')",
    [state],
  );
}
