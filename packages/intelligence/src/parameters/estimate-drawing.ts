import type { DrawingEstimate } from "@loramill/contracts";
import { type Calibration, calibrateRatios } from "./calibrate.ts";
import type { PastGeneration } from "./past-generation.ts";
import { priorSeconds, priorVramBytes } from "./prior.ts";
import type { Profile } from "./profiles/profile.ts";
import type { Settings } from "./settings.ts";

/** Cards differ by a factor of two either way: one in ten is slower than 2.4 times the prior. */
const TIME_SPREAD = { sigma: Math.log(2), spreadWeight: 2, middleWeight: 0.5 };
/** Memory follows from the weights and differs little. */
const VRAM_SPREAD = { sigma: Math.log(1.15), spreadWeight: 2, middleWeight: 0.5 };
/** Machines and programs change: older jobs than the last this many tell less. */
const LATEST = 200;

/** Says how long settings take on the machines whose jobs are known. */
export type Estimator = (settings: Settings) => DrawingEstimate;

/**
 * An estimator for one model, calibrated by the jobs that have ended (newest first): the prior of each is compared with what
 * it took, and the next one is expected to be off by as much.
 */
export function createEstimator(model: string, profile: Profile, past: readonly PastGeneration[]): Estimator {
  const own = past.filter((job) => job.model === model).slice(0, LATEST);
  const time = calibrateRatios(
    own.map((job) => job.seconds / priorSeconds(profile, job)),
    TIME_SPREAD,
  );
  const memory = calibrateRatios(
    own.flatMap((job) => (job.vramBytes === null ? [] : job.vramBytes / priorVramBytes(profile, job))),
    VRAM_SPREAD,
  );
  return (settings) => ({
    seconds: scale(priorSeconds(profile, settings), time),
    vramBytes: scale(priorVramBytes(profile, settings), memory),
    jobs: time.observations,
  });
}

const scale = (prior: number, { p50, p90 }: Calibration) => ({ p50: prior * p50, p90: prior * p90 });
