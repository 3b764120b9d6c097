import { setTimeout as delay } from "node:timers/promises";
import type { Catalog } from "@loramill/catalog";
import { toErrorRecord } from "@loramill/contracts";
import { readBooks, type SurveyDeps, surveyRound } from "./survey-round.ts";

/** Of all provisioners of a catalog, one surveys. */
const LOCK = "loramill fleet survey";
const CHECK_MS = 2_000;

/**
 * Surveys again and again until it is stopped; while another process does, it stands by. The first round comes after a whole
 * pause: leases that ran out while nobody was there are renewed by turns first. `stop` is safe to call twice.
 */
export function startSurvey(deps: SurveyDeps & { readonly catalog: Catalog }): { stop(): Promise<void> } {
  const { catalog, options, log } = deps;
  const stopping = new AbortController();

  async function lead(signal: AbortSignal): Promise<void> {
    let booksAt = Number.NEGATIVE_INFINITY;
    while (await paused(options.surveyMs, signal)) {
      await surveyRound(deps, signal);
      if (performance.now() - booksAt < options.booksMs) continue;
      await readBooks(deps, signal);
      booksAt = performance.now();
    }
  }

  async function stand(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const leadership = await catalog.tryToLead({ lock: LOCK, checkMs: CHECK_MS });
        if (leadership !== null) {
          await lead(AbortSignal.any([stopping.signal, leadership.lost])).finally(() => leadership.resign());
        }
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.error({ error: toErrorRecord(error).message }, "the survey of the fleet failed; it begins again");
      }
      deps.metrics.setMachines([]);
      await paused(options.surveyMs, stopping.signal);
    }
  }

  const running = stand();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** False when it was stopped meanwhile. */
async function paused(ms: number, signal: AbortSignal): Promise<boolean> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}
