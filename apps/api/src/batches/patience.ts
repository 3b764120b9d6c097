import type { MemberRef } from "@loramill/catalog";
import type { Clock } from "@loramill/contracts";

/** A member whose planning failed for reasons that pass is tried so often, */
const MAX_TRIES = 10;
/** and again after this long, where nothing else was said. */
const RETRY_MS = 5_000;

/** Which members are to be tried again, and when. Lost with the process, which costs them a few tries more. */
export interface Patience {
  /** Members that are to be tried again. */
  size(): number;
  isDue(member: MemberRef): boolean;
  /** Until the first of all members that still wait is due, in milliseconds; the others are forgotten: their batch was ended. */
  untilDueMs(waiting: readonly MemberRef[]): number;
  /** False when it was tried often enough. */
  wait(member: MemberRef, ms?: number): boolean;
  forget(member: MemberRef): void;
}

export function createPatience(clock: Clock): Patience {
  const tries = new Map<string, { count: number; dueAt: number }>();
  const keyOf = ({ batch, number }: MemberRef) => `${batch}/${number}`;
  const dueInMs = (member: MemberRef) => (tries.get(keyOf(member))?.dueAt ?? 0) - clock.now().getTime();
  return {
    size: () => tries.size,
    isDue: (member) => dueInMs(member) <= 0,
    untilDueMs(waiting) {
      const keys = new Set(waiting.map(keyOf));
      for (const key of tries.keys()) if (!keys.has(key)) tries.delete(key);
      return Math.max(1, Math.min(...waiting.map(dueInMs)));
    },
    wait(member, ms = RETRY_MS) {
      const count = (tries.get(keyOf(member))?.count ?? 0) + 1;
      tries.set(keyOf(member), { count, dueAt: clock.now().getTime() + ms });
      return count < MAX_TRIES;
    },
    forget: (member) => {
      tries.delete(keyOf(member));
    },
  };
}
