import type { Charge, GenerationBackend, GenerationRequest, JobContext, SpendingLimit } from "@loramill/contracts";

/** What was made by now, and what it cost. */
export interface MadeSoFar {
  /** Items that ended, well or not. */
  readonly done: number;
  readonly charges: readonly Charge[];
}

/**
 * Asks for what the items that are left may cost: as estimated, or as those that are done did where that is more. Answers
 * the limit that has no room for them; null when they may be made. Free ones are not asked for.
 */
export async function askForItems(
  backend: GenerationBackend,
  { items }: GenerationRequest,
  ctx: Pick<JobContext, "hold">,
  { done, charges }: MadeSoFar = { done: 0, charges: [] },
): Promise<SpendingLimit | null> {
  const rest = items.slice(Math.min(done, items.length));
  const estimated = rest.reduce((sum, { spec }) => sum + backend.estimate(spec, 1).costMicroUsd.p90, 0);
  const paid = charges.reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0);
  const seen = done === 0 ? 0 : (paid / done) * rest.length;
  const need = Math.ceil(Math.max(estimated, seen));
  return need === 0 ? null : (await ctx.hold(need)).refusedBy;
}
