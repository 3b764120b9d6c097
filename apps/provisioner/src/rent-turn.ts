import { createSafely } from "@loramill/compute";
import { type FleetOffer, type Parked, PermanentError, TransientError, toErrorRecord } from "@loramill/contracts";
import { sayLimit, sayUse } from "@loramill/orchestration";
import { machineRequest, withVolumes } from "./machine-request.ts";
import { orderCandidates } from "./order-candidates.ts";
import { noteRefusals, sayRefused, stopFleet, stopIfWrong } from "./refusals.ts";
import { setAside } from "./set-aside.ts";
import { giveUp, leaseFromNow, noteDone, type Turn } from "./turn.ts";

/** Rents a machine that is wanted from the first candidate that can be had; once, however often it is called. */
export async function rentTurn(turn: Turn): Promise<Parked> {
  const { pod, provider, deps, ctx } = turn;
  const { fleet, options, clock } = deps;
  const { stopped, dryRun } = await fleet.switches();
  if (stopped !== null) return giveUp(turn, `the fleet is stopped: ${stopped}`);
  if (dryRun) return giveUp(turn, "in dry run nothing is rented");
  const funds = await setAside(turn, 0);
  if (funds.kind !== "enough") return waitForRoom(turn, funds.because);
  const passed = await passedCeiling(turn);
  if (passed !== null) return waitForRoom(turn, passed);
  const parts = {
    provider: withVolumes(provider, options.volumes, deps.volumeCache),
    ...fleet,
    clock,
    settleMs: options.settleMs,
  };
  const request = { ...machineRequest(pod, options), candidates: await orderCandidates(turn), signal: ctx.signal };
  const outcome = await createSafely(parts, request).catch((error: unknown) => refused(turn, error));
  if (outcome.kind === "refused") return giveUp(turn, outcome.reason);
  await noteRefusals(turn, outcome);
  switch (outcome.kind) {
    case "rented": {
      const { address, bill, remoteId, pricePerHourMicroUsd } = outcome.machine;
      // Its own price counts: that of the offer may have changed since it was seen.
      const price = pricePerHourMicroUsd > 0 ? { pricePerHourMicroUsd } : {};
      const offer: FleetOffer = { ...outcome.offer, ...price, provider: pod.provider };
      const rented = { offer, rentedAt: clock.now(), leaseUntil: leaseFromNow(turn), address, bill };
      await fleet.move(pod.name, "rent", rented);
      await noteDone(turn, "machine.rent", {
        provider: pod.provider,
        remoteId,
        gpu: offer.gpuType,
        pricePerHourMicroUsd: offer.pricePerHourMicroUsd,
      });
      ctx.event("machine.rented", { remoteId, gpu: offer.gpuType, region: offer.region, adopted: outcome.adopted });
      return ctx.park(options.pollMs, {});
    }
    case "in-doubt":
    case "wait":
      return ctx.park(outcome.retryAfterMs, {});
    case "no-capacity":
      return giveUp(turn, sayRefused(outcome.tried));
    case "all-refused":
      await stopIfWrong(turn, outcome.tried);
      return giveUp(turn, sayRefused(outcome.tried));
    case "ended":
      return giveUp(turn, pod.reason ?? "it ended before anybody saw it");
  }
}

/**
 * Nothing is asked for without money. One that may have been rented already, before a ceiling was lowered, is given up; else
 * it is wanted until there is money, or until the planner makes another wish.
 */
async function waitForRoom(turn: Turn, because: string): Promise<Parked> {
  const { pod, deps, ctx } = turn;
  const intent = await deps.fleet.intents.find(pod.name);
  if (intent !== null && (intent.asked !== null || intent.state !== "open")) return giveUp(turn, because);
  if (ctx.turn?.waitsFor !== because) ctx.event("machine.waits", { reason: because });
  ctx.progress({ state: pod.state, waitsFor: because });
  return ctx.park(deps.options.pollMs, { waitsFor: because });
}

/**
 * Ceilings by the hour are the planner's to keep. But two dispatchers may each believe for a moment that they lead, and wish for
 * a machine each: nothing is asked for until the planner has let one of them go. Null where there is room, and for a machine
 * that was asked for already.
 */
async function passedCeiling({ pod, deps }: Turn): Promise<string | null> {
  const intent = await deps.fleet.intents.find(pod.name);
  if (intent !== null && intent.asked !== null) return null;
  const limit = await deps.fleet.ceilingPassed(pod.name);
  return limit === null ? null : `${sayLimit(limit)} is passed: ${sayUse(limit)}`;
}

/**
 * A refusal that asking for another machine would only repeat, such as one for want of credit, stops the whole fleet until a
 * person has done something about it.
 */
async function refused(turn: Turn, error: unknown): Promise<{ kind: "refused"; reason: string }> {
  const isFinal = error instanceof Error && !(error instanceof TransientError) && "errorClass" in error;
  // Another worker has given it back meanwhile: then there is nothing to rent.
  const isBehind = error instanceof PermanentError && error.code === "intent-behind";
  if (!isFinal || isBehind) throw error;
  const { code, message } = toErrorRecord(error);
  await stopFleet(turn, { code, message });
  return { kind: "refused", reason: message };
}
