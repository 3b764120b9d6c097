import type { Parked } from "@loramill/contracts";
import { offerKey } from "@loramill/fleet";
import { setAside } from "./set-aside.ts";
import { again, giveUp, hoursOf, leaseFromNow, noteDone, remember, type Turn } from "./turn.ts";

/**
 * Looks after a machine that is there: renews its lease, writes down what its provider and its agent say, and gives it back when
 * it was taken, has fallen silent, or is to be given back and has no work any more. When its money runs short it drains: its
 * trainings stop at their checkpoints; when what is left is only what giving it back may take, that is done.
 */
export async function watchTurn(turn: Turn): Promise<Parked> {
  const { pod, provider, deps, ctx } = turn;
  const { fleet, options, clock } = deps;
  // First, because a provider that does not answer is no reason to lose the machine.
  await fleet.note(pod.name, { leaseUntil: leaseFromNow(turn) });
  const machine = pod.remoteId === null ? null : await provider.describe(pod.remoteId, ctx.signal);
  if (machine !== null) await fleet.note(pod.name, { bill: machine.bill });
  if (machine === null || machine.state === "gone" || machine.state === "stopping") {
    return taken(turn, `${pod.provider} has taken it back`);
  }

  const funds = await setAside(turn, machine.bill.amountMicroUsd);
  if (funds.kind === "none") return giveUp(turn, funds.because);
  if (funds.kind === "short" && pod.state === "ready") {
    await fleet.move(pod.name, "drain", { reason: funds.because });
    return again(turn);
  }

  const address = machine.address ?? pod.address;
  const health = address === null ? { silence: "it has no address" } : await deps.askAgent(pod, address, ctx.signal);
  if ("silence" in health) {
    const silentMs = clock.now().getTime() - (pod.health?.at ?? pod.answeredAt ?? pod.createdAt).getTime();
    if (silentMs < options.silentMs) return ctx.park(options.pollMs, {});
    const reason = `its agent has not answered for ${Math.round(silentMs / 1_000)} s (${health.silence})`;
    return taken(turn, reason);
  }
  const isBusy = health.active > 0;
  await fleet.note(pod.name, { address, health, ...(isBusy ? { busyAt: clock.now() } : {}) });
  ctx.progress({ state: pod.state, active: health.active, slots: health.slots });
  // Twice in a row, because a training that was given it before it drained may have been on its way.
  const isLeft = !isBusy && pod.health?.active === 0;
  if (pod.state !== "draining" || !isLeft) return ctx.park(options.pollMs, {});
  if (pod.offer !== null) await remember(turn, pod.offer, { kind: "finished", hours: hoursOf(turn) });
  return giveUp(turn, pod.reason ?? "it had no work any more");
}

/** What it cost is not lost: trainings go on from their newest checkpoints, elsewhere and free of attempts. */
async function taken(turn: Turn, reason: string): Promise<Parked> {
  const { pod, deps } = turn;
  deps.metrics.preempted(pod.provider);
  if (pod.offer !== null) {
    await remember(turn, pod.offer, { kind: "preempted", hours: hoursOf(turn) });
    await noteDone(turn, "machine.taken", { offer: offerKey(pod.offer), reason });
  }
  return giveUp(turn, reason);
}
