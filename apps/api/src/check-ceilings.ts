import { formatMicroUsd, type PlanLock, type Quote, type RunSpec, UserError } from "@loramill/contracts";
import { roomOf, sayLimit } from "@loramill/orchestration";
import type { Planner } from "./planning.ts";

/**
 * Refuses a run that will not come to its end: whose middle expectation is over what a ceiling leaves that does not begin
 * anew. UserError `over-ceiling`. Plans that are far from one are not priced for it.
 */
export async function checkCeilings(lock: PlanLock, spec: RunSpec, planner: Pick<Planner, "quote" | "ceilings">) {
  const lasting = (await planner.ceilings(lock.project)).filter(({ period }) => period === "total");
  const expected = lock.steps.reduce((sum, { estimate }) => sum + estimate.microUsd, 0);
  if (lasting.every((ceiling) => expected <= Math.max(0, roomOf(ceiling)))) return;
  const { ceilings, costMicroUsd } = await planner.quote(spec);
  const over = ceilings.find(({ ceiling, surely }) => surely && ceiling.period === "total");
  if (over !== undefined) throw overCeiling(over.ceiling, costMicroUsd);
}

function overCeiling(ceiling: Quote["ceilings"][number]["ceiling"], cost: Quote["costMicroUsd"]): UserError {
  const left = formatMicroUsd(Math.max(0, roomOf(ceiling)));
  const limit = sayLimit({ of: { kind: "ceiling", ...ceiling }, limitMicroUsd: ceiling.limitMicroUsd });
  return new UserError(
    `the run may cost ${formatMicroUsd(cost.p50)} to ${formatMicroUsd(cost.p90)} and ${limit} has ${left} left: raise it, ask for less, or start it all the same (--over-ceiling), to go as far as that reaches`,
    { code: "over-ceiling" },
  );
}
