import type { Catalog } from "@loramill/catalog";
import { checkVolumes } from "./check-volumes.ts";
import { repeatAsLeader } from "./repeat-as-leader.ts";
import type { SurveyDeps } from "./survey-deps.ts";
import { readBooks, surveyRound } from "./survey-round.ts";

/**
 * Surveys again and again, in one provisioner of a catalog. The first round comes after a whole pause: leases that ran out while
 * nobody was there are renewed by turns first.
 */
export function startSurvey(deps: SurveyDeps & { readonly catalog: Catalog }): { stop(): Promise<void> } {
  const { catalog, options, log, metrics, providers } = deps;
  return repeatAsLeader({
    ...{ catalog, log, lock: "loramill fleet survey", what: "the survey of the fleet", pauseMs: options.surveyMs },
    begin: () => {
      let booksAt = Number.NEGATIVE_INFINITY;
      let isChecked = false;
      return async (signal) => {
        if (!isChecked) isChecked = await checkVolumes(deps, signal);
        await surveyRound(deps, signal);
        if (performance.now() - booksAt < options.booksMs) return;
        await readBooks(deps, signal);
        booksAt = performance.now();
      };
    },
    onStandBy: () => {
      metrics.setMachines([]);
      for (const provider of providers.keys()) metrics.setBillingGap(provider, 0);
    },
  });
}
