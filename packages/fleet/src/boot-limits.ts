import type { Range } from "@loramill/contracts";

/** How long a boot may take. */
export interface BootLimits {
  /** From its creation until the provider says that it runs; big images are pulled for many minutes. */
  readonly startMs: number;
  /** From its creation until its agent has answered. */
  readonly answerMs: number;
}

/** The most that is waited for, and how what an offer usually takes shortens it. */
export interface BootPatience extends BootLimits {
  /** A boot is given up after so many times the p90 of its offer's last ones; at least 1. */
  readonly timesP90: number;
  /** Never sooner than this. */
  readonly leastMs: number;
}

/**
 * How long to wait for a machine of an offer whose boots took `usual`; the most where too little is known of it (null). One that
 * is given up counts as a boot that took as long as it was waited for, so that the limits of an offer that has become slower grow
 * again until its machines come up.
 */
export function bootLimits({ startMs, answerMs, timesP90, leastMs }: BootPatience, usual: Range | null): BootLimits {
  if (usual === null) return { startMs, answerMs };
  const learnedMs = Math.max(leastMs, usual.p90 * 1_000 * timesP90);
  return { startMs: Math.min(startMs, learnedMs), answerMs: Math.min(answerMs, learnedMs) };
}

/**
 * What is paid for a boot that comes to nothing: until it is given up. Plans and quotes count it as the watchdog deals with it; `usual` is
 * what boots of the offer take, known or taken for granted.
 */
export function failedBootSeconds(patience: BootPatience, usual: Range): number {
  return bootLimits(patience, usual).answerMs / 1_000;
}
