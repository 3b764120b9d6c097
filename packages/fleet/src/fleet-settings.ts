import type { MicroUsd, Range } from "@loramill/contracts";
import type { BootPatience } from "./boot-limits.ts";
import type { KeepWarm } from "./keep-warm.ts";

/** How a fleet is run, and what is taken for granted of machines that nobody has seen yet. */
export interface FleetSettings {
  /** Machines at one moment, over all providers. */
  readonly maxPods: number;
  /** A machine without work is given back after so long. About what a boot and a download take pays best. */
  readonly idleSeconds: number;
  /** When machines without work are kept all the same. */
  readonly keepWarm: readonly KeepWarm[];
  /** A wish for a machine that no offer has met is given up after so long, and made anew from the offers of that time. */
  readonly wantedSeconds: number;
  /** A machine that is ready, and begins none of the jobs that plans have next for it, is given back after so long. */
  readonly unusedSeconds: number;
  /**
   * What it is worth that a job without a deadline is done an hour sooner. The higher it is, the fewer jobs stand behind each other
   * on a warm machine, and the more machines boot. A deadline says that there is time: a tenth of it counts then.
   */
  readonly waitMicroUsdPerHour: MicroUsd;
  /**
   * Whose jobs wait for a cheaper hour when prices move: nobody's, those with a deadline that leaves time, or all, as far as what they
   * save is more than their waiting is worth.
   */
  readonly patience: "off" | "deadline" | "all";
  /** From creation to the agent's first answer, of offers without a record. */
  readonly bootSeconds: Range;
  /** When a boot is given up; until then one that comes to nothing is paid for. */
  readonly bootPatience: BootPatience;
  /** At which machines fetch base models. */
  readonly downloadBytesPerSecond: number;
  /** Of spot machines without a record. */
  readonly preemptionsPerHour: number;
  /** Offers that are tried for one machine, at most. */
  readonly candidates: number;
}

export const defaultFleetSettings: FleetSettings = {
  maxPods: 20,
  idleSeconds: 240,
  keepWarm: [],
  wantedSeconds: 300,
  unusedSeconds: 300,
  waitMicroUsdPerHour: 20_000,
  patience: "deadline",
  bootSeconds: { p50: 120, p90: 300 },
  bootPatience: { startMs: 900_000, answerMs: 1_200_000, timesP90: 3, leastMs: 300_000 },
  downloadBytesPerSecond: 200_000_000,
  preemptionsPerHour: 0.1,
  candidates: 8,
};
