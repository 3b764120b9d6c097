import { terminateSafely } from "@loramill/compute";
import type { JobOutput, Parked } from "@loramill/contracts";
import { closeTurn } from "./close-turn.ts";
import type { Turn } from "./turn.ts";

/**
 * Gives a machine back, whatever of it there is, until nothing more can come under its name; then waits for its last bill. An
 * intent that has ended says that the first part is done.
 */
export async function endTurn(turn: Turn): Promise<JobOutput | Parked> {
  const { pod, provider, deps, ctx } = turn;
  const { fleet, clock, options } = deps;
  if ((await fleet.intents.find(pod.name))?.state !== "ended") {
    const parts = { provider, intents: fleet.intents, clock, settleMs: options.settleMs };
    const outcome = await terminateSafely(parts, { name: pod.name, signal: ctx.signal });
    if (outcome.kind === "in-doubt") return ctx.park(Math.min(outcome.retryAfterMs, options.pollMs), {});
  }
  if (pod.endedAt === null) await fleet.gone(pod.name, clock.now());
  // Its id may have been learned only by giving it back, and its bill is found by that.
  return closeTurn({ ...turn, pod: (await fleet.pod(pod.name)) ?? pod });
}
