import { type MachineBill, podPrice } from "@loramill/contracts";
import { sayLimit, sayUse } from "@loramill/orchestration";
import type { Turn } from "./turn.ts";

/**
 * Room for what a machine may cost. `short`: it lasts until the machine is given back, and no longer; `none`: not even that. Both
 * with the limit that has no more, in words.
 */
export type Funds = { readonly kind: "enough" } | { readonly kind: "short" | "none"; readonly because: string };

const HOUR_MS = 3_600_000;

const priceFor = (ms: number, { pod }: Pick<Turn, "pod">): number => Math.ceil((podPrice(pod) * ms) / HOUR_MS);

/**
 * Sets money aside for a machine, so that what is spent and set aside stays within every ceiling: what its bill has that nobody
 * was charged yet (boot and idle time above all), and its price until the next look and for one lease more, after which it is
 * gone even if nobody looks. `enough` is another lease above that, in which it can be emptied.
 */
export async function setAside(turn: Turn, billMicroUsd: number): Promise<Funds> {
  const { deps, ctx } = turn;
  const { pollMs, leaseMs } = deps.options;
  const least = (await owedOf(turn, billMicroUsd)) + priceFor(pollMs + leaseMs, turn);
  const enough = await ctx.hold(least + priceFor(leaseMs, turn), { isTentative: true });
  if (enough.refusedBy === null) return { kind: "enough" };
  const { refusedBy } = await ctx.hold(least, { isTentative: true });
  const limit = refusedBy ?? enough.refusedBy;
  return {
    kind: refusedBy === null ? "short" : "none",
    because: `${sayLimit(limit)} has no more room: ${sayUse(limit)}`,
  };
}

/**
 * Gives back what was set aside for a machine that has ended, but for what its last bill may still come to: nothing more once
 * that is known; until then, its price for the time that no look at the bill has shown, and for that in which it was rented
 * before anybody saw it.
 */
export async function keepForLastBill(turn: Turn, { amountMicroUsd, seconds, isFinal }: MachineBill): Promise<void> {
  const { pod, deps, ctx } = turn;
  const lifeMs = (pod.endedAt ?? deps.clock.now()).getTime() - (pod.rentedAt ?? pod.createdAt).getTime();
  const unseenMs = Math.max(0, lifeMs - seconds * 1_000) + deps.options.settleMs;
  const owed = await owedOf(turn, amountMicroUsd);
  await ctx.hold(owed + (isFinal ? 0 : priceFor(unseenMs, turn)), { isTentative: true, isAll: true });
}

/** What a bill has that nobody was charged yet. */
async function owedOf({ pod, deps }: Turn, billMicroUsd: number): Promise<number> {
  const { microUsd: charged } = await deps.fleet.charged(pod.name);
  return Math.max(0, billMicroUsd - charged);
}
