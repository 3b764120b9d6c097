import type { Charge, JobOutput, MachineBill, Parked } from "@loramill/contracts";
import { keepForLastBill } from "./set-aside.ts";
import { type Turn, TurnNotes } from "./turn.ts";

/** A share of the time that has passed already: books come after hours, and looking for them counts as a request. */
const LOOK_AGAIN = 0.1;
const HOUR_MS = 3_600_000;

/**
 * Closes the account of a machine that has ended: waits for its last bill and for the trainings that still take their part of
 * it, and charges what is left, so that all charges together are what the provider bills.
 */
export async function closeTurn(turn: Turn): Promise<JobOutput | Parked> {
  const { pod, deps, ctx } = turn;
  const { fleet, options, clock } = deps;
  if (pod.state === "ended") return settle(turn, pod.bill);
  const nowMs = clock.now().getTime();
  const endedMs = (pod.endedAt ?? clock.now()).getTime();
  const bill = await lastBill(turn, new Date(endedMs));
  const isKnown = bill.isFinal || nowMs - endedMs >= options.billWaitMs;
  await fleet.note(pod.name, { bill: { ...bill, isFinal: isKnown } });
  await keepForLastBill(turn, { ...bill, isFinal: isKnown });
  if (!isKnown) return ctx.park(Math.max(options.pollMs, LOOK_AGAIN * (nowMs - endedMs)), {});

  const { billedAt } = TurnNotes.parse(ctx.turn ?? {});
  const billedMs = billedAt === null ? nowMs : Date.parse(billedAt);
  if (nowMs - billedMs < options.closeMs && (await fleet.isUsed(pod.name))) {
    return ctx.park(options.pollMs, { billedAt: new Date(billedMs).toISOString() });
  }
  // From now on nobody is told its bill any more: what is left of it stays what it is.
  await fleet.move(pod.name, "close", { bill: { ...bill, isFinal: true } });
  return settle(turn, bill);
}

/**
 * As the provider has it now; as it was seen last, where the provider has none to show. Until it is final, what was seen of the
 * machine while it lived is the least: books tell of its last hours late.
 */
async function lastBill({ pod, provider, ctx }: Turn, to: Date): Promise<MachineBill> {
  if (pod.remoteId === null) return { ...pod.bill, isFinal: true };
  if (pod.bill.isFinal) return pod.bill;
  // An hour more, because clocks differ; nobody else is billed under its id.
  const from = new Date(Math.min(pod.createdAt.getTime(), (pod.rentedAt ?? to).getTime()) - HOUR_MS);
  const life = { from, to, signal: ctx.signal };
  const bill = (await provider.lastBill(pod.remoteId, life)) ?? pod.bill;
  const least = bill.isFinal ? 0 : pod.bill.amountMicroUsd;
  return {
    ...bill,
    seconds: Math.max(bill.seconds, pod.bill.seconds),
    amountMicroUsd: Math.max(bill.amountMicroUsd, least),
  };
}

/** Charges the rest and ends the job. A turn after one that was lost here finds the same rest, which the ledger takes once. */
async function settle(turn: Turn, bill: MachineBill): Promise<JobOutput> {
  const { pod, deps, ctx } = turn;
  const charged = await deps.fleet.charged(pod.name);
  const rest = bill.amountMicroUsd - charged.microUsd;
  if (rest > 0) ctx.charge(restOf(turn, rest, Math.max(0, bill.seconds - charged.seconds)));
  if (rest < 0) ctx.event("machine.overcharged", { billedMicroUsd: bill.amountMicroUsd, byMicroUsd: -rest });
  const digest = await deps.documents.put("parts", { parts: [] });
  const summary = { pod: pod.name, provider: pod.provider, microUsd: bill.amountMicroUsd, seconds: bill.seconds };
  return { digest, shape: "parts", items: 0, summary };
}

function restOf({ pod }: Turn, amountMicroUsd: number, seconds: number): Charge {
  return {
    kind: "compute",
    supplier: pod.provider,
    quantity: seconds,
    unit: "gpu-second",
    amountMicroUsd,
    note: `boot and idle time of ${pod.offer?.gpuType ?? "a machine"}`,
    mark: "rest",
    pod: pod.name,
  };
}
