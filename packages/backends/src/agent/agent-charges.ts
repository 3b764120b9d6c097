import type { Charge, TrainerName, TrainingMeter } from "@loramill/contracts";
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

/**
 * What a training costs by the second on the machine that it has, and what was used and is in no charge yet. A machine that
 * was lost may be billed for up to `lostSeconds` more than was seen of it, until its provider says.
 */
export function meterOf(attempts: readonly Attempt[], lostSeconds: number): TrainingMeter | null {
  const last = attempts.at(-1);
  if (last === undefined || last.microUsdPerHour === 0) return null;
  const uncharged = attempts
    .filter(({ isSettled }) => !isSettled)
    .map((attempt) => {
      const owed = attempt.endedMs === null ? 0 : priceOf(lostSeconds, attempt);
      return Math.max(0, attempt.used.microUsd - priceOf(wholeSlices(attempt) * SLICE_SECONDS, attempt)) + owed;
    });
  const unchargedMicroUsd = Math.ceil(uncharged.reduce((sum, microUsd) => sum + microUsd, 0));
  return { microUsdPerSecond: priceOf(1, last), unchargedMicroUsd };
}

const wholeSlices = ({ used }: Attempt): number => Math.floor(used.seconds / SLICE_SECONDS);

function slicesOf(attempt: Attempt, trainer: TrainerName): Charge[] {
  const { id, machine, pod, used, isSettled } = attempt;
  // Rounded down over the sum, so that what is left over is never less than nothing.
  const microUsdAfter = (slices: number) => Math.floor(priceOf(slices * SLICE_SECONDS, attempt));
  const whole = wholeSlices(attempt);
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
