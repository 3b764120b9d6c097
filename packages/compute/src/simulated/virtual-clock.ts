import type { Clock } from "@loramill/contracts";

export interface VirtualClock extends Clock {
  /** Moves on; never back. */
  advance(ms: number): void;
}

export function createVirtualClock(start: Date): VirtualClock {
  let at = start.getTime();
  return {
    now: () => new Date(at),
    advance(ms) {
      at += Math.max(0, ms);
    },
  };
}
