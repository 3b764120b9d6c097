import { type AgentStart, type TrainerName, UserError } from "@loramill/contracts";
import { trainerAdapters } from "@loramill/trainers";
import { type AgentState, activeJobs } from "./agent-state.ts";
import type { JobPlace } from "./job-place.ts";
import { isFinalState, type JobRecord } from "./job-record.ts";
import { type RunningJob, runJob } from "./run-job.ts";
import type { AgentSettings, InstalledTrainer } from "./settings.ts";

/** @throws UserError `trainer-missing` where it is not installed. */
export function trainerHere({ trainers }: AgentSettings, name: TrainerName): InstalledTrainer {
  const installed = trainers[name];
  if (installed !== undefined) return installed;
  throw new UserError(`this machine has no ${name}: install it and tell the agent where`, { code: "trainer-missing" });
}

/** Runs the job of a record, from its beginning or from where an earlier life of the agent left it, and enters it. */
export function launchJob(
  state: AgentState,
  job: {
    readonly record: JobRecord;
    readonly start: AgentStart;
    readonly leaseMs: number;
    readonly place: JobPlace;
  },
): RunningJob {
  const { settings, cache, fetch, jobs, taken, told } = state;
  const { record, start, leaseMs, place } = job;
  const running = runJob(record, start, leaseMs, {
    ...{ settings, place, cache, fetch },
    adapter: trainerAdapters[record.trainer],
    installed: trainerHere(settings, record.trainer),
    onLeaseLost: () => {
      told.add(record.id);
      if (activeJobs(state).length === 0 && !state.isClosing) state.giveBack.begin();
    },
  });
  jobs.set(record.id, running);
  taken.add(record.marker);
  // What nobody asks after has been given up; there is nobody to be told.
  if (isFinalState(record.state)) told.add(record.id);
  else state.unfinished.add(record.id);
  void running.ended.then(() => {
    state.unfinished.delete(record.id);
    state.busyAt = Date.now();
  });
  return running;
}
