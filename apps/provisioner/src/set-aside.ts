import { podPrice } from "@loramill/contracts";
import { sayLimit, sayUse } from "@loramill/orchestration";
import type { Turn } from "./turn.ts";

/**
 * Room for what a machine may cost. `short`: it lasts until the machine is given back, and no longer; `none`: not even that. Both
 * with the limit that has no more, in words.
 */
export type Funds = { readonly kind: "enough" } | { readonly kind: "short" | "none"; readonly because: string };

const HOUR_MS = 3_600_000;

/**
 * Sets money aside for a machine, so that what is spent and set aside stays within every ceiling: what its bill has that nobody
 * was charged yet (boot and idle time above all), and its price until the next look and for one lease more, after which it is
 * gone even if nobody looks. `enough` is another lease above that, in which it can be emptied.
 */
export async function setAside({ pod, deps, ctx }: Turn, billMicroUsd: number): Promise<Funds> {
  const { options, fleet } = deps;
  const { microUsd: charged } = await fleet.charged(pod.name);
  const owed = Math.max(0, billMicroUsd - charged);
  const forMs = (ms: number) => Math.ceil((podPrice(pod) * ms) / HOUR_MS);
  const least = owed + forMs(options.pollMs + options.leaseMs);
  const enough = await ctx.hold(least + forMs(options.leaseMs), { isTentative: true });
  if (enough.refusedBy === null) return { kind: "enough" };
  const { refusedBy } = await ctx.hold(least, { isTentative: true });
  const limit = refusedBy ?? enough.refusedBy;
  return {
    kind: refusedBy === null ? "short" : "none",
    because: `${sayLimit(limit)} has no more room: ${sayUse(limit)}`,
  };
}
