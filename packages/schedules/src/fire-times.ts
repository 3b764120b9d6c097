import type { Timing } from "@loramill/contracts";
import { nextMatch } from "./cron.ts";

const MINUTE_MS = 60_000;

/** The first fire strictly after `after`, or null when there is none any more. UserError `bad-timing` as `nextMatch`. */
export function nextFire(timing: Timing, after: Date): Date | null {
  switch (timing.type) {
    case "cron":
      return nextMatch(timing, after);
    case "every": {
      const every = timing.minutes * MINUTE_MS;
      const offset = (timing.offsetMinutes * MINUTE_MS) % every;
      return new Date((Math.floor((after.getTime() - offset) / every) + 1) * every + offset);
    }
    case "once": {
      const at = new Date(timing.at);
      return at > after ? at : null;
    }
  }
}

/** A stretch of time: from `from` on, before `to`; null: without a bound. */
export interface Stretch {
  readonly from: Date | null;
  readonly to: Date | null;
}

/** The first fire that is strictly after `after` and in the stretch. */
export function nextFireWithin(timing: Timing, { from, to }: Stretch, after: Date): Date | null {
  const before = from === null ? null : new Date(from.getTime() - 1);
  const next = nextFire(timing, before !== null && before > after ? before : after);
  return next === null || (to !== null && next >= to) ? null : next;
}

/** The first fires after `after` in the stretch, at most `limit`. */
export function listFires(timing: Timing, stretch: Stretch, { after, limit }: { after: Date; limit: number }): Date[] {
  const times: Date[] = [];
  let last: Date | null = after;
  while (times.length < limit) {
    last = nextFireWithin(timing, stretch, last);
    if (last === null) break;
    times.push(last);
  }
  return times;
}
