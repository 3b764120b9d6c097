import { type FleetMachine, type MachineBill, type Parked, toErrorRecord } from "@loramill/contracts";
import { type BootLimits, bootLimits, offerKey, recordOf, watchBoot } from "@loramill/fleet";
import { tellLastWords } from "./last-words.ts";
import { setAside } from "./set-aside.ts";
import { again, giveUp, leaseFromNow, remember, type Turn } from "./turn.ts";

/** Waits for the first answer of a machine that was rented, and gives one up that takes too long. */
export async function bootTurn(turn: Turn): Promise<Parked> {
  const { pod, deps, ctx } = turn;
  const { fleet, options, clock } = deps;
  await fleet.note(pod.name, { leaseUntil: leaseFromNow(turn) });
  const machine = await lookFor(turn);
  if (machine === null) return ctx.park(options.pollMs, {});
  const { address, bill, state } = machine;
  await fleet.note(pod.name, { address, bill });
  const funds = await setAside(turn, bill.amountMicroUsd);
  if (funds.kind === "none") return giveUp(turn, funds.because);
  const asked = address === null ? null : await deps.askAgent(pod, address, ctx.signal);
  const health = asked !== null && "at" in asked ? asked : null;

  const verdict = watchBoot(machine, health !== null, await limitsOf(turn), clock.now());
  if (verdict.kind === "wait") {
    ctx.progress({ state, silence: asked !== null && "silence" in asked ? asked.silence : null });
    return ctx.park(options.pollMs, {});
  }
  const offer = offerOf(turn);
  const seconds = (clock.now().getTime() - (pod.rentedAt ?? pod.createdAt).getTime()) / 1_000;
  if (verdict.kind === "give-up") {
    deps.metrics.bootFailed(pod.provider);
    await tellLastWords(turn);
    if (offer !== undefined)
      await remember(turn, offer, { kind: "boot-failed", seconds: verdict.isSlow ? seconds : null });
    return giveUp(turn, verdict.reason);
  }
  if (offer !== undefined) await remember(turn, offer, { kind: "booted", seconds });
  await fleet.move(pod.name, "answer", { answeredAt: clock.now(), health, address, bill: await billNow(turn, bill) });
  return again(turn);
}

/**
 * What is on the bill when the agent has answered, which may have taken as long as the question may: who is given the machine now pays
 * from there on, and nothing of its boot. `before` where the provider does not say.
 */
async function billNow({ pod, provider, ctx }: Turn, before: MachineBill): Promise<MachineBill> {
  try {
    const machine = pod.remoteId === null ? null : await provider.describe(pod.remoteId, ctx.signal);
    return machine?.bill ?? before;
  } catch (error) {
    ctx.signal.throwIfAborted();
    ctx.log.warn({ pod: pod.name, error: toErrorRecord(error).message }, "its bill could not be read again");
    return before;
  }
}

const offerOf = ({ pod }: Turn) => pod.offer ?? pod.candidates[0];

/** How long it is waited for, by what machines of its offer took. */
async function limitsOf(turn: Turn): Promise<BootLimits> {
  const { pod, deps } = turn;
  const offer = offerOf(turn);
  const known = offer && (await deps.fleet.records.find({ provider: pod.provider, key: offerKey(offer) }));
  return bootLimits(deps.options.boot, known ? recordOf(known, deps.clock.now()).bootSeconds : null);
}

/** The machine; null while a provider that has just rented it out may not list it yet. */
async function lookFor({ pod, provider, deps, ctx }: Turn): Promise<FleetMachine | null> {
  const machine = pod.remoteId === null ? null : await provider.describe(pod.remoteId, ctx.signal);
  if (machine !== null) return machine;
  const rentedAt = pod.rentedAt ?? pod.createdAt;
  if (deps.clock.now().getTime() - rentedAt.getTime() < deps.options.settleMs) return null;
  return {
    ...{ remoteId: pod.remoteId ?? "", name: pod.name, state: "gone", address: null, bill: pod.bill },
    ...{ pricePerHourMicroUsd: 0, gpuType: "", region: null, interruptible: false, createdAt: rentedAt },
  };
}
