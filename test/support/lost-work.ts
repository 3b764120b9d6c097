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
  /**
   * Of these, what came after the oldest save that never reached the store: what was trained while its upload was under way.
   * None where every save had arrived.
   */
  readonly stepsSinceSave: number;
  /** Saves of that process that never reached the store. */
  readonly savesLost: number;
  /** For how long that upload had been possible, without the time in which its agent stood still. */
  readonly uploadMs: number;
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
    // An agent calls the folder of a training after its marker, which is the job's id.
    const folder = `/jobs/${sha256Hex(new TextEncoder().encode(job)).slice(0, 16)}-`;
    const ofJob = parts.deeds.filter(({ images }) => images.includes(folder));
    const commits = await commitsOf(parts.objects, job);
    const processes = [...Map.groupBy(ofJob, ({ process }) => process).values()];
    for (const [i, deeds] of processes.entries()) {
      const next = processes[i + 1]?.[0];
      const last = deeds.at(-1);
      if (last === undefined) continue;
      const until = next?.at ?? Number.POSITIVE_INFINITY;
      const saves = deeds.filter(({ kind }) => kind === "save");
      uploadsMs.push(...saves.flatMap((save) => arrivalOf(save, commits, until) ?? []));
      if (next !== undefined) losses.push(lossOf(deeds, next.step, last, parts.standstills));
    }
  }
  return { losses, uploadsMs: uploadsMs.sort((a, b) => a - b) };
}

function lossOf(
  deeds: readonly TrainerDeed[],
  wentOnFrom: number,
  last: TrainerDeed,
  standstills: readonly Standstill[],
): Loss {
  const reached = Math.max(...deeds.map(({ step }) => step));
  const missed = deeds.filter(({ kind, step }) => kind === "save" && step > wentOnFrom);
  const [oldest] = missed;
  const asleepMs = (from: number) =>
    standstills
      .filter(({ pod }) => last.images.includes(`/${pod}/`))
      .reduce((sum, still) => sum + Math.max(0, Math.min(still.to, last.at) - Math.max(still.from, from)), 0);
  return {
    steps: Math.max(0, reached - wentOnFrom),
    stepsSinceSave: oldest === undefined ? 0 : reached - oldest.step,
    savesLost: missed.length,
    uploadMs: oldest === undefined ? 0 : last.at - oldest.at - asleepMs(oldest.at),
  };
}

interface Commit {
  readonly step: number;
  readonly at: number;
}

/** Milliseconds from a save to its commit; null where it did not arrive. */
function arrivalOf(save: TrainerDeed, commits: readonly Commit[], until: number): number | null {
  const commit = commits.find(({ step, at }) => step === save.step && at >= save.at && at < until);
  return commit === undefined ? null : commit.at - save.at;
}

async function commitsOf(objects: ObjectStore, job: JobId): Promise<Commit[]> {
  const commits: Commit[] = [];
  for await (const { key, modifiedAt } of objects.list(checkpointsOfJob(job))) {
    const [, step, name] = key.slice(checkpointsOfJob(job).length).split("/");
    if (name === "COMMITTED.json") commits.push({ step: Number(step), at: modifiedAt.getTime() });
  }
  return commits;
}
