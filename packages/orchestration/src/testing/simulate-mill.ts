import { isFinal, type RunState } from "@loramill/contracts";
import type { ReleaseLimits } from "../fair-share.ts";
import { dispatch, release } from "./simulated-dispatcher.ts";
import { isOpen, jobsOf, makeRun, roomOf, type SimulatedRun } from "./simulated-run.ts";
import { type TurnChances, turn } from "./simulated-worker.ts";

export interface Simulation {
  readonly runs: readonly SimulatedRun[];
  readonly limits: ReleaseLimits;
  readonly random: () => number;
  /** `reuse`: that a step needs no jobs. */
  readonly chances: TurnChances & { readonly reuse: number };
}

const ROUND_MS = 1_000;

/** How the simulation ended, and what it has to show: nothing here was judged while it ran but the state machines. */
export interface SimulationEnd {
  readonly rounds: number;
  readonly states: readonly RunState[];
  /** Largest numbers seen: jobs open at once, in all and of one project. */
  readonly mostOpen: number;
  readonly mostOpenOfProject: number;
  /** Smallest room left in any run's budget right after a release: limit - spent - reserved. */
  readonly leastRoom: number;
}

/**
 * A whole mill in memory: a dispatcher that only does what `advanceRun`, `expandStep`, `selectReleases` and `decideRetry`
 * say, and workers whose turns end at random. Throws when anything asks for what a state machine does not allow, or when
 * the runs have not ended after `maxRounds`.
 */
export function simulateMill(simulation: Simulation, maxRounds: number): SimulationEnd {
  const { limits, random, chances } = simulation;
  const runs = simulation.runs.map(makeRun);
  let deficits: Readonly<Record<string, number>> = {};
  let [mostOpen, mostOpenOfProject, leastRoom] = [0, 0, Number.POSITIVE_INFINITY];

  for (let round = 0; round < maxRounds; round += 1) {
    const now = new Date(round * ROUND_MS);
    for (const run of runs) {
      if (run.asked.cancelAt === round) run.cancelRequested = true;
      dispatch(run, chances.reuse, random, now);
    }
    if (runs.every((run) => isFinal("run", run.state))) {
      return { rounds: round, states: runs.map(({ state }) => state), mostOpen, mostOpenOfProject, leastRoom };
    }
    deficits = release(runs, limits, deficits, now);

    const open = jobsOf(runs).filter(({ job }) => isOpen(job));
    mostOpen = Math.max(mostOpen, open.length);
    for (const mine of Map.groupBy(open, ({ run }) => run.asked.project).values()) {
      mostOpenOfProject = Math.max(mostOpenOfProject, mine.length);
    }
    for (const run of runs) if (!isFinal("run", run.state)) leastRoom = Math.min(leastRoom, roomOf(run));
    for (const { run, step, job } of open) turn({ run, step, job, chances, now, random });
  }
  throw new Error(`runs have not ended after ${maxRounds} rounds: ${runs.map(({ state }) => state).join(", ")}`);
}
