import { CHECKPOINT_COMMIT_SECONDS, type Digest, type FleetDemand } from "@loramill/contracts";
import type { FleetSettings } from "./fleet-settings.ts";
import type { Lane } from "./lane.ts";
import { canTrain, suitsPlacement, withTrainer } from "./suits-job.ts";

/** What becomes of a job on a lane. */
export interface Fit {
  readonly startSeconds: number;
  /** From its start to its end: download, work and the restarts that are to be expected. */
  readonly seconds: number;
  readonly lane: Lane;
  /** What the fleet pays for it, in micro-dollars and not rounded. */
  readonly microUsd: number;
  /** Of that, what takes it to its first checkpoint: a training is worth beginning where so much is left. */
  readonly leastMicroUsd: number;
  /** What it costs with what its waiting is worth: the least of several is best. */
  readonly weighed: number;
  readonly isInTime: boolean;
  /** When it is done, nine times in ten. */
  readonly doneSeconds: number;
}

/** The same lane with the job behind those that it has. */
export function laneWith({ lane, startSeconds, seconds, doneSeconds }: Fit, job: FleetDemand): Lane {
  const freeSeconds = startSeconds + seconds;
  return {
    ...lane,
    offer: withTrainer(lane.offer, job),
    holds: new Set([...lane.holds, ...job.models.map(({ digest }) => digest)]),
    freeSeconds,
    workSeconds: lane.workSeconds + seconds,
    lateness: Math.max(0, doneSeconds - freeSeconds) ** 2,
    openingSeconds: 0,
    jobs: [...lane.jobs, job],
  };
}

/**
 * A job on a lane, behind the jobs that it has; null where the machine cannot do it. A spot machine is taken back now and
 * then: half a checkpoint's interval of work is lost on average, and a boot and a download come again. With a deadline it
 * has to allow for one such restart: as it nears, only machines that are not taken back are in time.
 */
export function fitJob(
  lane: Lane,
  job: FleetDemand,
  { now, settings }: { now: Date; settings: FleetSettings },
): Fit | null {
  const { offer, odds } = lane;
  const work = job.seconds[offer.gpuType];
  if (work === undefined || !isAllowed(lane, job)) return null;
  const download = bytesBeside(lane.holds, job) / settings.downloadBytesPerSecond;
  const again = odds.bootSeconds.p50 + bytesBeside(lane.onVolume, job) / settings.downloadBytesPerSecond;
  const restarts = (work.p50 * odds.preemptionsPerHour) / 3_600;
  const seconds = download + work.p50 + restarts * (job.checkpointSeconds / 2 + again);

  const doneAt = lane.freeSeconds + seconds;
  const lateness = Math.sqrt(lane.lateness + (work.p90 - work.p50) ** 2);
  const restart = offer.interruptible ? job.checkpointSeconds + again : 0;

  const firstSeconds = download + job.checkpointSeconds + CHECKPOINT_COMMIT_SECONDS;
  const microUsd = (offer.pricePerHourMicroUsd * (lane.openingSeconds + seconds)) / 3_600;
  return {
    lane,
    startSeconds: lane.freeSeconds,
    seconds,
    microUsd,
    leastMicroUsd: Math.min(microUsd, (offer.pricePerHourMicroUsd * (lane.openingSeconds + firstSeconds)) / 3_600),
    weighed: microUsd + (settings.waitMicroUsdPerHour * weightedSeconds(job, lane, doneAt)) / 3_600,
    doneSeconds: doneAt + lateness,
    isInTime: doneAt + lateness + restart <= secondsToDeadline(job, now),
  };
}

/** Of its models, what has to be fetched where these are. */
export function bytesBeside(held: ReadonlySet<Digest>, { models }: FleetDemand): number {
  return models.reduce((sum, { digest, bytes }) => sum + (held.has(digest) ? 0 : bytes), 0);
}

/** What waiting is worth with a deadline, by what it is without. */
const HAS_TIME = 0.1;
/**
 * The same for a training that lost its machine, while it stands behind others' work: it is to go on when a machine is up, and a
 * machine of its own costs cents. How long boots and its own work take is weighed as ever.
 */
const INTERRUPTED = 100;

/** Seconds until it is done, those counted more often that are worth more. */
function weightedSeconds({ deadline, preemptions }: FleetDemand, { workSeconds }: Lane, doneSeconds: number): number {
  return doneSeconds * (deadline === null ? 1 : HAS_TIME) + (preemptions > 0 ? workSeconds * INTERRUPTED : 0);
}

/** Infinite without a deadline, and when it has passed: what is late for good is not made dearer. */
function secondsToDeadline({ deadline }: FleetDemand, now: Date): number {
  const left = deadline === null ? 0 : (deadline.getTime() - now.getTime()) / 1_000;
  return left > 0 ? left : Number.POSITIVE_INFINITY;
}

function isAllowed({ offer }: Lane, job: FleetDemand): boolean {
  const { maxMicroUsdPerHour } = job;
  return (
    offer.vramBytes >= job.vramBytes &&
    canTrain(offer, job) &&
    suitsPlacement(offer, job) &&
    (maxMicroUsdPerHour === null || offer.pricePerHourMicroUsd <= maxMicroUsdPerHour)
  );
}
