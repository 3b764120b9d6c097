import type { Digest, FleetDemand, JobId, ProjectId, Range, RunId } from "@loramill/contracts";

/** A training of the simulated world: what the planner is told of it, and what is true. */
export interface WorldJob {
  readonly job: JobId;
  readonly run: RunId;
  readonly project: ProjectId;
  readonly arrivesMs: number;
  readonly deadlineMs: number | null;
  readonly vramBytes: number;
  readonly models: readonly { readonly digest: Digest; readonly bytes: number }[];
  /** What it is expected to take, by GPU type. */
  readonly estimate: Readonly<Record<string, Range>>;
  /** What it takes, by what it was expected to take half the time. */
  readonly truth: number;
  readonly checkpointSeconds: number;
}

/** How far it is. */
export interface Progress {
  readonly job: WorldJob;
  /** Of its work, committed by a checkpoint. */
  doneShare: number;
  pod: string | null;
  preemptions: number;
  /** Work that was done and lost. */
  lostSeconds: number;
  finishedMs: number | null;
  spentMicroUsd: number;
}

/** A job at work on a machine. */
export interface Shift {
  readonly progress: Progress;
  /** After the download of what was missing. */
  readonly workFromMs: number;
  readonly doneMs: number;
}

export const freshProgress = (job: WorldJob): Progress => ({
  job,
  doneShare: 0,
  pod: null,
  preemptions: 0,
  lostSeconds: 0,
  finishedMs: null,
  spentMicroUsd: 0,
});

export const isLate = ({ job, finishedMs }: Progress): boolean =>
  job.deadlineMs !== null && (finishedMs ?? Number.POSITIVE_INFINITY) > job.deadlineMs;

/** All of it on a GPU, without a download. */
export function trueSeconds({ estimate, truth }: WorldJob, gpuType: string): number {
  return (estimate[gpuType]?.p50 ?? Number.POSITIVE_INFINITY) * truth;
}

export function beginShift(
  progress: Progress,
  gpuType: string,
  { nowMs, downloadMs }: { nowMs: number; downloadMs: number },
): Shift {
  const workFromMs = nowMs + downloadMs;
  const leftMs = (1 - progress.doneShare) * trueSeconds(progress.job, gpuType) * 1_000;
  return { progress, workFromMs, doneMs: workFromMs + leftMs };
}

/** The machine is taken away: what came after the last checkpoint is lost. */
export function breakShift({ progress, workFromMs }: Shift, gpuType: string, atMs: number): void {
  const worked = Math.max(0, atMs - workFromMs) / 1_000;
  const kept = Math.floor(worked / progress.job.checkpointSeconds) * progress.job.checkpointSeconds;
  progress.doneShare = Math.min(1, progress.doneShare + kept / trueSeconds(progress.job, gpuType));
  progress.lostSeconds += worked - kept;
  progress.preemptions += 1;
  progress.pod = null;
}

/** What the planner is told: what is left of the estimate, by how far the trainer says that it is. */
export function demandOf(progress: Progress, shift: Shift | undefined, nowMs: number): FleetDemand {
  const { job, pod, preemptions, doneShare } = progress;
  const total = shift === undefined ? 1 : shift.doneMs - shift.workFromMs;
  const now = shift === undefined ? 0 : Math.max(0, nowMs - shift.workFromMs) / Math.max(1, total);
  const left = (1 - doneShare) * (1 - Math.min(1, now));
  const seconds = Object.entries(job.estimate).map(([gpuType, { p50, p90 }]) => [
    gpuType,
    { p50: p50 * left, p90: p90 * left },
  ]);
  return {
    job: job.job,
    run: job.run,
    project: job.project,
    priority: 1,
    since: new Date(job.arrivesMs),
    deadline: job.deadlineMs === null ? null : new Date(job.deadlineMs),
    vramBytes: job.vramBytes,
    seconds: Object.fromEntries(seconds),
    models: job.models,
    providers: [],
    regions: [],
    maxMicroUsdPerHour: null,
    remainingMicroUsd: null,
    checkpointSeconds: job.checkpointSeconds,
    pod,
    preemptions,
  };
}
