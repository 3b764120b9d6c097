import {
  type Charge,
  digestOf,
  type EstimateCalibration,
  type PlanAnswer,
  type PlanLock,
  type PlannedStep,
  type Quote,
  type RunSpec,
} from "@loramill/contracts";
import { type CachedOutput, type Plan, type PlanContext, plan, replayObstacles } from "@loramill/orchestration";
import { unlessMissing } from "../unless-missing.ts";
import { calibrationsOf } from "./corrected-estimates.ts";
import type { PlanningDeps } from "./planning-deps.ts";
import { priceLock } from "./price-lock.ts";
import { readBackends } from "./read-backends.ts";
import { readContext } from "./read-context.ts";
import { readInstallation } from "./read-installation.ts";

export interface Planner {
  /** The plan, its documents already in the store. */
  plan(spec: RunSpec, signal?: AbortSignal): Promise<PlanAnswer>;
  quote(spec: RunSpec, signal?: AbortSignal): Promise<Quote>;
  /** A quote beside the plan that it is for, of which nothing is kept. */
  quoteWithLock(spec: RunSpec, signal?: AbortSignal): Promise<{ readonly lock: PlanLock; readonly quote: Quote }>;
  /** Both, of one look at what lies outside the spec: for a run that is to start. */
  planWithQuote(spec: RunSpec, signal?: AbortSignal): Promise<PlanAnswer & { readonly quote: Quote }>;
  /** What a plan that is there already would take and cost, as it is; of what is `kept` nothing. */
  quoteLock(lock: PlanLock, kept?: ReadonlyMap<string, CachedOutput>, signal?: AbortSignal): Promise<Quote>;
  /** Why these steps of a locked plan cannot be done exactly again here; none where they can. */
  obstacles(steps: readonly PlannedStep[], signal?: AbortSignal): Promise<string[]>;
  /** How the model's estimates compare with trainings that have ended. */
  calibrations(): Promise<EstimateCalibration[]>;
}

/** A plan, what it was made with, and what was paid on the way. */
interface Made extends Plan {
  readonly context: PlanContext;
  readonly charges: readonly Charge[];
}

/**
 * From a spec to its plan and its price: what lies outside it (sources, backends, library) is read, the pure planner makes a
 * plan of both, and that is kept, or priced, or both.
 */
export function createPlanner(deps: PlanningDeps): Planner {
  async function make(given: RunSpec, signal?: AbortSignal): Promise<Made> {
    const { spec, context, notes, charges } = await readContext(given, deps, signal);
    const { lock, documents } = plan(spec, context);
    return { lock: { ...lock, notes: [...lock.notes, ...notes] }, documents, context, charges };
  }

  async function keep({ lock, documents, charges }: Made): Promise<PlanAnswer> {
    for (const { kind, value } of documents) await deps.stores.documents.put(kind, value as never);
    return { lock, digest: digestOf(lock), charges: [...charges] };
  }

  async function price({ lock, documents, context, charges }: Made): Promise<Quote> {
    const [grid] = documents.flatMap(({ kind, value }) => (kind === "grid" ? [value] : []));
    const answer = await priceLock(lock, context, deps, grid === undefined ? {} : { grid });
    return { ...answer, charges: [...charges] };
  }

  return {
    plan: async (spec, signal) => keep(await make(spec, signal)),
    quote: async (spec, signal) => price(await make(spec, signal)),
    async quoteWithLock(spec, signal) {
      const made = await make(spec, signal);
      return { lock: made.lock, quote: await price(made) };
    },
    async planWithQuote(spec, signal) {
      const made = await make(spec, signal);
      return { ...(await keep(made)), quote: await price(made) };
    },
    async quoteLock(lock, kept, signal) {
      const models = lock.steps.some(({ kind }) => kind === "train") ? await deps.models() : [];
      const backends = await readBackends(deps, models, signal);
      const digest = lock.steps.find(({ kind }) => kind === "generate")?.params.grid;
      // Without the grid, what is drawn is priced as it was planned.
      const grid = typeof digest === "string" ? await unlessMissing(deps.stores.documents.get("grid", digest)) : null;
      return priceLock(lock, { ...backends, models }, deps, {
        ...(grid === null ? {} : { grid }),
        ...(kept === undefined ? {} : { kept }),
      });
    },
    async obstacles(steps, signal) {
      return replayObstacles(steps, await readInstallation(steps, deps, signal));
    },
    async calibrations() {
      return calibrationsOf(await deps.pastTrainings(), deps.trainingBackends);
    },
  };
}
