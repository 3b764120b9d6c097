import { digestOf, type ScheduleId, type Timing } from "@loramill/contracts";
import { nextFireWithin, type Stretch } from "./fire-times.ts";

/** What decides the times of a schedule's fires. */
export interface ScheduleTimes {
  readonly id: ScheduleId;
  readonly timing: Timing;
  readonly startsAt: Date | null;
  readonly endsAt: Date | null;
  readonly jitterSeconds: number;
  readonly catchUpMinutes: number;
}

/** A time of a schedule: by its timing, and with its jitter. */
export interface FireTime {
  readonly fireAt: Date;
  readonly dueAt: Date;
}

export interface DueFire extends FireTime {
  /** Why it is too late; null where it is not. */
  readonly missed: string | null;
}

/** The same for the same schedule and time, on every machine; from 0 to `jitterSeconds`, in whole milliseconds. */
export function jitterMs({ id, jitterSeconds }: Pick<ScheduleTimes, "id" | "jitterSeconds">, fireAt: Date): number {
  const share = Number.parseInt(digestOf({ id, fireAt: fireAt.toISOString() }).slice(0, 8), 16) / 2 ** 32;
  return Math.floor(share * jitterSeconds * 1_000);
}

/** The next time after `after`. */
export function nextTime(schedule: ScheduleTimes, after: Date): FireTime | null {
  const fireAt = nextFireWithin(schedule.timing, stretchOf(schedule), after);
  return fireAt === null ? null : { fireAt, dueAt: new Date(fireAt.getTime() + jitterMs(schedule, fireAt)) };
}

export const stretchOf = ({ startsAt, endsAt }: Pick<ScheduleTimes, "startsAt" | "endsAt">): Stretch => ({
  from: startsAt,
  to: endsAt,
});

/**
 * The fires that have come due by `now`, from the one that was next on, at most `limit`; and what is next after them. A
 * time is not due before those ahead of it are, whatever their jitter.
 */
export function comeDue(
  schedule: ScheduleTimes,
  { next, now, limit }: { readonly next: FireTime; readonly now: Date; readonly limit: number },
): { readonly fires: readonly DueFire[]; readonly next: FireTime | null } {
  const fires: DueFire[] = [];
  let at: FireTime | null = next;
  while (at !== null && at.dueAt <= now && fires.length < limit) {
    fires.push({ ...at, missed: tooLate(schedule, at, now) });
    at = nextTime(schedule, at.fireAt);
  }
  return { fires, next: at };
}

/** Why a fire may not begin any more at `now`, in one sentence; null while it may. */
export function tooLate(
  { catchUpMinutes }: Pick<ScheduleTimes, "catchUpMinutes">,
  { dueAt }: Pick<FireTime, "dueAt">,
  now: Date,
): string | null {
  const lateMinutes = Math.floor((now.getTime() - dueAt.getTime()) / 60_000);
  if (lateMinutes < catchUpMinutes) return null;
  return `it was due ${lateMinutes} min before anybody could make it, and may be ${catchUpMinutes} min late at most`;
}
