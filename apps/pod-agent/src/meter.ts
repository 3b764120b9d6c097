import { z } from "zod";

/** What a meter showed and when, as an agent finds it again after it was killed. */
export const MeterRecord = z.object({ seconds: z.number().min(0), atMs: z.number() });
export type MeterRecord = z.output<typeof MeterRecord>;

/** For how long a training has had this machine, from the moment it was given it. */
export interface Meter {
  /** In seconds; never less than before. */
  read(): number;
  /** The training has ended: it shows the same from here on. Safe to call twice. */
  stop(): void;
}

/** Goes on from `fromSeconds` by a clock that nobody sets back. */
export function startMeter(fromSeconds: number, monotonicMs: () => number = () => performance.now()): Meter {
  const began = monotonicMs();
  let stoppedAt: number | null = null;
  return {
    read: () => fromSeconds + ((stoppedAt ?? monotonicMs()) - began) / 1_000,
    stop() {
      stoppedAt ??= monotonicMs();
    },
  };
}

/** The record of a training that went on while no agent watched, up to `untilMs`; a clock that was set back adds nothing. */
export function caughtUp({ seconds, atMs }: MeterRecord, untilMs: number): MeterRecord {
  return { seconds: seconds + Math.max(0, untilMs - atMs) / 1_000, atMs: untilMs };
}
