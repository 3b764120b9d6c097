import { checkpointsOfJob, type JobId, type ObjectStore, sha256Hex } from "@loramill/contracts";
import type { TrainerDeed } from "@loramill/testkit";

/** A time in which an agent stood still while its trainer went on. Milliseconds since 1970. */
export interface Standstill {
  /** The provider's id of the pod. */
  readonly pod: string;
  readonly from: number;
  readonly to: number;
}

/** What was computed once more after a process of the trainer had ended. */
export interface Loss {
  readonly steps: number;
  /** Of these, what was trained while the oldest save that had not reached the store was on its way there. */
  readonly stepsMeanwhile: number;
  /** For how much of that time its agent stood still, in milliseconds. */
  readonly asleepMs: number;
}

export interface LostWork {
  readonly losses: readonly Loss[];
  /** Milliseconds from a save on the disk to its commit in the store, of each that arrived while its trainer lived. */
  readonly uploadsMs: readonly number[];
}

/** Compares what trainers did with where the processes after them went on, and with what had reached the store by then. */
export async function readLostWork(parts: {
  readonly jobs: readonly JobId[];
  readonly deeds: readonly TrainerDeed[];
  readonly objects: ObjectStore;
  readonly standstills: readonly Standstill[];
}): Promise<LostWork> {
  const losses: Loss[] = [];
  const uploadsMs: number[] = [];
  for (const job of parts.jobs) {
    const ofJob = deedsOfJob(parts.deeds, job);
    const commits = await commitsOf(parts.objects, job);
    const processes = [...Map.groupBy(ofJob, ({ process }) => process).values()];
    for (const [i, deeds] of processes.entries()) {
      const next = processes[i + 1]?.[0];
      const last = deeds.at(-1);
      if (last === undefined) continue;
      const arrivals = deeds
        .filter(({ kind }) => kind === "save")
        .flatMap((save) => arrivalOf(save, commits) ?? [])
        .filter(({ at }) => at <= last.at);
      uploadsMs.push(...arrivals.map(({ ms }) => ms));
      const arrived = new Set(arrivals.map(({ step }) => step));
      if (next !== undefined) losses.push(lossOf(deeds, { ...parts, wentOnFrom: next.step, last, arrived }));
    }
  }
  return { losses, uploadsMs: uploadsMs.sort((a, b) => a - b) };
}

/** An agent calls the folder of a training after its marker, which is the job's id. */
export function deedsOfJob(deeds: readonly TrainerDeed[], job: JobId): TrainerDeed[] {
  const folder = `/jobs/${sha256Hex(new TextEncoder().encode(job)).slice(0, 16)}-`;
  return deeds.filter(({ images }) => images.includes(folder));
}

function lossOf(
  deeds: readonly TrainerDeed[],
  {
    wentOnFrom,
    last,
    arrived,
    standstills,
  }: { wentOnFrom: number; last: TrainerDeed; arrived: ReadonlySet<number>; standstills: readonly Standstill[] },
): Loss {
  const reached = Math.max(...deeds.map(({ step }) => step));
  const oldest = deeds.find(({ kind, step }) => kind === "save" && step > wentOnFrom && !arrived.has(step));
  const asleepMs = standstills
    .filter(({ pod }) => last.images.includes(`/${pod}/`))
    .reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, last.at) - Math.max(from, oldest?.at ?? last.at)), 0);
  return {
    steps: Math.max(0, reached - wentOnFrom),
    stepsMeanwhile: oldest === undefined ? 0 : reached - oldest.step,
    asleepMs,
  };
}

interface Commit {
  readonly step: number;
  readonly at: number;
}

/** When a save was committed, and how long that took; null for one that never was. */
function arrivalOf(save: TrainerDeed, commits: readonly Commit[]): (Commit & { readonly ms: number }) | null {
  const commit = commits.find(({ step, at }) => step === save.step && at >= save.at);
  return commit === undefined ? null : { ...commit, ms: commit.at - save.at };
}

async function commitsOf(objects: ObjectStore, job: JobId): Promise<Commit[]> {
  const commits: Commit[] = [];
  for await (const { key, modifiedAt } of objects.list(checkpointsOfJob(job))) {
    const [, step, name] = key.slice(checkpointsOfJob(job).length).split("/");
    if (name === "COMMITTED.json") commits.push({ step: Number(step), at: modifiedAt.getTime() });
  }
  return commits;
}
