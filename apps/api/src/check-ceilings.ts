import { formatMicroUsd, type Quote, UserError } from "@loramill/contracts";
import { roomOf, sayLimit } from "@loramill/orchestration";

/**
 * Refuses a run that will not come to its end: whose middle expectation is over what a ceiling leaves that does not begin
 * anew. UserError `over-ceiling`.
 */
export function checkCeilings({ ceilings, costMicroUsd }: Pick<Quote, "ceilings" | "costMicroUsd">): void {
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
