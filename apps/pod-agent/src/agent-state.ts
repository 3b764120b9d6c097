import { UserError } from "@loramill/contracts";
import type { ContentCache } from "./cache/content-cache.ts";
import type { Retries } from "./give-machine-back.ts";
import { isFinalState, type JobRecord } from "./job-record.ts";
import type { RunningJob } from "./run-job.ts";
import type { AgentSettings } from "./settings.ts";

/** All that an agent knows while it lives; what must outlive it is in the records of its jobs. */
export interface AgentState {
  readonly settings: AgentSettings;
  readonly fetch: typeof fetch;
  readonly cache: ContentCache;
  /** By id; of a marker there is one at a time. */
  readonly jobs: Map<string, RunningJob>;
  /** Trainings that were taken, by marker: one that is started again is the same. */
  readonly taken: Set<string>;
  /** Ids of jobs of which somebody has been told that they ended. */
  readonly told: Set<string>;
  /** Ids of jobs that something works on: one that was cancelled has ended before its last save is in the store. */
  readonly unfinished: Set<string>;
  /** When a training was last under way, or since when there is none; milliseconds since 1970. */
  busyAt: number;
  /** No job is started any more. */
  isClosing: boolean;
  /** Of giving this machine back. */
  readonly giveBack: Retries;
}

export const activeJobs = ({ jobs }: AgentState): RunningJob[] =>
  [...jobs.values()].filter(({ record }) => !isFinalState(record.state));

export const jobOfMarker = ({ jobs }: AgentState, marker: string): RunningJob | undefined =>
  [...jobs.values()].find(({ record }) => record.marker === marker);

/** @throws UserError `stale-epoch` for a worker that was replaced. */
export function refuseStale(record: Readonly<JobRecord>, epoch: number): void {
  if (epoch >= record.epoch) return;
  throw new UserError(`epoch ${epoch} was replaced by epoch ${record.epoch}: another worker has this job now`, {
    code: "stale-epoch",
    details: { epoch: record.epoch },
  });
}
