import type { PlanLock, Quote } from "@loramill/contracts";
import { type PlanContext, type QuoteContext, quote } from "@loramill/orchestration";
import { correctQuotes, notesOnEstimates } from "./corrected-estimates.ts";
import type { PlanningDeps } from "./planning-deps.ts";
import { rentalQuotes } from "./quote-rental.ts";

/** What a price rests on of what a plan is made with. A plan that is there already is priced by the backends of now. */
type Priced = Pick<PlanContext, "trainingBackends" | "generationBackends" | "models" | "placement">;
type Deps = Pick<PlanningDeps, "pastTrainings" | "rentalMarket" | "ceilings" | "findArtifact">;

/**
 * What a plan would take and cost now. Estimates of trainings are corrected by those that have ended, rented machines come at
 * the prices of the market, results that are there already are free.
 */
export async function priceLock(
  lock: PlanLock,
  context: Priced,
  deps: Deps,
  more: Pick<QuoteContext, "grid" | "kept">,
): Promise<Quote> {
  const { project, steps } = lock;
  const trains = steps.some(({ kind }) => kind === "train");
  const past = trains ? await deps.pastTrainings() : [];
  const { trainingBackends, models = [] } = context;
  const rental = trains
    ? { rental: rentalQuotes(lock, { market: await deps.rentalMarket(project), trainingBackends, models, past }) }
    : {};
  const answer = await quote(lock, {
    ...{ ...context, ...correctQuotes(context, past), ...more, ...rental },
    ceilings: await deps.ceilings(project),
    lookup: (key) => deps.findArtifact(key, project),
  });
  return { ...answer, notes: [...answer.notes, ...notesOnEstimates(lock, context, past)], charges: [] };
}
