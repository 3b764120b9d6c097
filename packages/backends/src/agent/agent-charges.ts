import type { AgentJob, Charge } from "@loramill/contracts";

/** What is told again while a training runs: a turn that was lost with its charges is made up for by the next. */
const TOLD_AGAIN = 20;

/**
 * GPU time as entries of the ledger, each under a mark that is taken once. Money is rounded over the sum, so that many
 * small slices cost what one long one does.
 */
export function chargesOf({ meter, state, trainer }: AgentJob, usdPerHour: number): Charge[] {
  const microUsdAfter = (seconds: number) => Math.round((seconds / 3_600) * usdPerHour * 1_000_000);
  let total = 0;
  const charges = meter.map(({ mark, seconds }): Charge => {
    const before = microUsdAfter(total);
    total += seconds;
    return {
      kind: "training",
      supplier: `agent:${trainer}`,
      quantity: seconds,
      unit: "gpu-second",
      amountMicroUsd: microUsdAfter(total) - before,
      note: "",
      mark,
    };
  });
  return state === "running" ? charges.slice(-TOLD_AGAIN) : charges;
}
