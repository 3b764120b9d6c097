import type { AgentJob, MachineBill } from "@loramill/contracts";
import { z } from "zod";

/** Time on a machine, and its price. */
const Used = z.object({ seconds: z.number().min(0), microUsd: z.number().min(0) });
export type Used = z.output<typeof Used>;

/** One machine that a training was given to, with what it cost as far as that is known. */
export const Attempt = z.object({
  /** Unique to the job: its charges are marked with it. */
  id: z.string().max(120),
  /** Address of the agent. */
  agent: z.string(),
  /** The provider's id of the machine; null for one that nobody bills, which is paid for by the agent's own meter. */
  machine: z.string().nullable(),
  /** Our name of that machine; null where it has none. */
  pod: z.string().nullable().default(null),
  /** The agent's id of the training; null until it answered. */
  jobId: z.string().nullable(),
  microUsdPerHour: z.number().min(0),
  /** What the provider had billed for the machine when the training was given it. */
  before: Used,
  /** Since then. It only grows. */
  used: Used,
  /** Milliseconds since 1970 at which it was seen to have ended; null while it goes on. */
  endedMs: z.number().nullable(),
  /** What was used is known, and changes no more. */
  isSettled: z.boolean(),
});
export type Attempt = z.output<typeof Attempt>;

/** For how long a provider may keep to itself what a machine that vanished cost. What was seen last holds after that. */
export const BILL_WAIT_MS = 600_000;

export const nothing: Used = { seconds: 0, microUsd: 0 };

/** What the agent's own meter says, where nobody bills the machine. */
export function metered(attempt: Attempt, { seconds, isFinal }: AgentJob["meter"]): Attempt {
  if (attempt.machine !== null || attempt.isSettled) return attempt;
  const longest = Math.max(attempt.used.seconds, seconds);
  const used = { seconds: longest, microUsd: Math.round(priceOf(longest, attempt)) };
  return { ...attempt, used, isSettled: isFinal };
}

/**
 * What the provider says. Once an attempt was seen to have ended, only the final bill counts: until it is there, the
 * attempt cost what was seen of it while it lived.
 */
export function billed(attempt: Attempt, bill: MachineBill | undefined, nowMs: number): Attempt {
  if (attempt.machine === null || attempt.isSettled) return attempt;
  const isFinal = bill?.isFinal ?? false;
  const isHeard = bill !== undefined && (isFinal || attempt.endedMs === null);
  const isTooLate = attempt.endedMs !== null && nowMs - attempt.endedMs >= BILL_WAIT_MS;
  return { ...attempt, used: isHeard ? usedBy(bill, attempt) : attempt.used, isSettled: isFinal || isTooLate };
}

/** Ends an attempt. The machine that lives on is no longer this training's; of one that is gone, the bill is to come. */
export function ended(attempt: Attempt, nowMs: number, machine: "lives" | "gone"): Attempt {
  if (attempt.isSettled) return { ...attempt, endedMs: attempt.endedMs ?? nowMs };
  const isSettled = attempt.machine === null || machine === "lives";
  return { ...attempt, endedMs: attempt.endedMs ?? nowMs, isSettled };
}

/** Settles an attempt on a machine that the training is given once more: up to now it is the earlier attempt's. */
export function handedOver(attempt: Attempt, bill: MachineBill, nowMs: number): Attempt {
  return ended({ ...attempt, used: usedBy(bill, attempt) }, nowMs, "lives");
}

/** Micro-USD, not rounded. */
export const priceOf = (seconds: number, { microUsdPerHour }: Pick<Attempt, "microUsdPerHour">): number =>
  (seconds / 3_600) * microUsdPerHour;

function usedBy(bill: MachineBill, { before, used }: Attempt): Used {
  return {
    seconds: Math.max(used.seconds, bill.seconds - before.seconds),
    microUsd: Math.max(used.microUsd, bill.amountMicroUsd - before.microUsd),
  };
}
