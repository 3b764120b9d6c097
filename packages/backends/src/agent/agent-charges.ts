import type { Charge, TrainerName } from "@loramill/contracts";
import { type Attempt, priceOf } from "./agent-attempts.ts";

const SLICE_SECONDS = 60;
/** What is told again while a training runs: a turn that was lost with its charges is made up for by the next. */
const TOLD_AGAIN = { slices: 20, attempts: 3 };

/**
 * Machine time as entries of the ledger, each under a mark that is taken once, and the same however often it is told:
 * whole slices while it is used, and what is left over when all of it is known. `some` is what a running training tells;
 * `all`, what one that ended does.
 */
export function chargesOf(attempts: readonly Attempt[], trainer: TrainerName, which: "some" | "all"): Charge[] {
  if (which === "all") return attempts.flatMap((attempt) => slicesOf(attempt, trainer));
  return attempts
    .slice(-TOLD_AGAIN.attempts)
    .flatMap((attempt) => slicesOf(attempt, trainer).slice(-TOLD_AGAIN.slices));
}

function slicesOf(attempt: Attempt, trainer: TrainerName): Charge[] {
  const { id, machine, pod, used, isSettled } = attempt;
  // Rounded down over the sum, so that what is left over is never less than nothing.
  const microUsdAfter = (slices: number) => Math.floor(priceOf(slices * SLICE_SECONDS, attempt));
  const whole = Math.floor(used.seconds / SLICE_SECONDS);
  const charge = (n: number, seconds: number, amountMicroUsd: number): Charge => ({
    kind: "training",
    supplier: `agent:${trainer}`,
    quantity: seconds,
    unit: "gpu-second",
    amountMicroUsd,
    note: machine === null ? "" : `machine ${machine}`,
    mark: `${id}:${n}`,
    ...(pod === null ? {} : { pod: pod.slice(0, 64) }),
  });
  const charges = Array.from({ length: whole }, (_, n) =>
    charge(n, SLICE_SECONDS, microUsdAfter(n + 1) - microUsdAfter(n)),
  );
  const seconds = used.seconds - whole * SLICE_SECONDS;
  const rest = Math.max(0, used.microUsd - microUsdAfter(whole));
  if (isSettled && (seconds > 0 || rest > 0)) charges.push(charge(whole, seconds, rest));
  return charges;
}
