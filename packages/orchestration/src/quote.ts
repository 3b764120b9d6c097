import {
  type CeilingView,
  type Digest,
  formatMicroUsd,
  type GenerationGrid,
  gridItem,
  type PlanLock,
  type PlannedStep,
  type Quote,
  type QuoteStep,
  Recipe,
} from "@loramill/contracts";
import type { GenerationChoice, TrainingChoice } from "./plan-context.ts";
import { ASSUMED_IMAGES } from "./plan-train.ts";
import { roomOf, sayLimit } from "./spending-limits.ts";
import { stepKey } from "./step-key.ts";

/** A result of an earlier run. */
export interface CachedOutput {
  readonly output: Digest;
  readonly items: number;
  /** A bundle says so: it was not done here. */
  readonly imported?: boolean;
}

export interface QuoteContext {
  /** Finds what is kept under a step's key, or null. */
  readonly lookup: (key: Digest) => CachedOutput | null | Promise<CachedOutput | null>;
  readonly trainingBackends: readonly Pick<TrainingChoice, "name" | "estimate">[];
  readonly generationBackends: readonly Pick<GenerationChoice, "name" | "estimate">[];
  /** The plan's grid, where it generates. */
  readonly grid?: GenerationGrid;
  /** Steps that are not done, by name, with what there is of them: those that a replay leaves as they are. */
  readonly kept?: ReadonlyMap<string, CachedOutput>;
  /** Those that bind the plan's project; left out, none. */
  readonly ceilings?: readonly CeilingView[];
  /** What a training comes to on a rented machine; left out, or null: it has none, and its backend's estimate holds. */
  readonly rental?: (step: PlannedStep, images: number) => RentalAnswer | null;
}

export interface RentalAnswer {
  /** Null where no machine can be priced: the backend's estimate holds. */
  readonly price: Pick<QuoteStep, "seconds" | "costMicroUsd" | "expectedMicroUsd" | "parts"> | null;
  /** Where that would be, and what keeps it from being rented now. */
  readonly notes: readonly string[];
}

interface Figures extends Pick<QuoteStep, "seconds" | "costMicroUsd" | "expectedMicroUsd" | "parts"> {
  readonly vramBytes: number;
  readonly notes: readonly string[];
}

const NOTHING: Figures = ofWork({ seconds: { p50: 0, p90: 0 }, costMicroUsd: { p50: 0, p90: 0 } });
/** Work without an estimator of its own takes at most this much longer than expected, nine times of ten. */
const USUAL_SPREAD = 2;

/**
 * What a plan will take and cost. Steps are followed through the results of earlier runs: one whose key is kept is
 * free, and gives the next step its key. `maybe` is a step that waits for an output which does not exist yet; it is
 * counted as if it had to be done. Times are added as if the steps ran one after the other on one worker.
 */
export async function quote(lock: PlanLock, context: QuoteContext): Promise<Omit<Quote, "charges">> {
  const known = new Map<string, CachedOutput>();
  const items = new Map<string, number | null>();
  const rows: { step: QuoteStep; figures: Figures }[] = [];
  for (const step of lock.steps) {
    const { cache, reason, found } = await lookUp(step, lock, known, context);
    if (found !== null) known.set(step.name, found);
    const count = found?.items ?? countOf(step, items);
    items.set(step.name, count);
    const figures = cache === "reused" ? NOTHING : figuresOf(step, count, items.get("dataset") ?? null, context);
    const { vramBytes: _, notes: __, ...amounts } = figures;
    rows.push({ figures, step: { name: step.name, kind: step.kind, cache, items: count, ...amounts, reason } });
  }
  const total = (part: (figures: Figures) => number): number => rows.reduce((sum, row) => sum + part(row.figures), 0);
  const costMicroUsd = { p50: total((row) => row.costMicroUsd.p50), p90: total((row) => row.costMicroUsd.p90) };
  const ceilings = ceilingsAgainst(costMicroUsd, context.ceilings ?? []);
  return {
    steps: rows.map((row) => row.step),
    seconds: { p50: total((row) => row.seconds.p50), p90: total((row) => row.seconds.p90) },
    costMicroUsd,
    expectedMicroUsd: total((row) => row.expectedMicroUsd),
    vramBytes: Math.max(...rows.map((row) => row.figures.vramBytes)),
    withinBudget: lock.budgetMicroUsd === null ? null : costMicroUsd.p90 <= lock.budgetMicroUsd,
    ceilings,
    notes: [...lock.notes, ...ceilings.map(noteOf), ...rows.flatMap(({ figures }) => figures.notes)],
  };
}

/** Those that have no room for it now. What machines may cost by the hour says nothing of a sum. */
function ceilingsAgainst(cost: Quote["costMicroUsd"], ceilings: readonly CeilingView[]): Quote["ceilings"] {
  return ceilings
    .filter((ceiling) => ceiling.period !== "hour" && cost.p90 > Math.max(0, roomOf(ceiling)))
    .map((ceiling) => ({ ceiling, surely: cost.p50 > Math.max(0, roomOf(ceiling)) }));
}

function noteOf({ ceiling, surely }: Quote["ceilings"][number]): string {
  const limit = sayLimit({ of: { kind: "ceiling", ...ceiling }, limitMicroUsd: ceiling.limitMicroUsd });
  const left = formatMicroUsd(Math.max(0, roomOf(ceiling)));
  const then = ceiling.reopensAt === null ? "" : "; what does not fit waits until it begins anew";
  return `${limit} has ${left} left, which ${surely ? "is" : "may be"} too little${then}`;
}

async function lookUp(
  step: PlannedStep,
  lock: PlanLock,
  known: ReadonlyMap<string, CachedOutput>,
  { lookup, kept }: QuoteContext,
): Promise<{ cache: QuoteStep["cache"]; reason: string; found: CachedOutput | null }> {
  const there = kept?.get(step.name);
  if (there !== undefined) return { cache: "reused", reason: "kept from the run that is replayed", found: there };
  if (!lock.policy.reuse) return { cache: "miss", reason: "reuse is switched off", found: null };
  const missing = step.needs.filter((need) => !known.has(need));
  if (missing.length > 0) {
    const names = missing.join(" and ");
    return { cache: "maybe", reason: `depends on the output of ${names}, which is not there yet`, found: null };
  }
  const inputs = Object.fromEntries(step.needs.map((need) => [need, known.get(need)?.output ?? ""]));
  const found = await lookup(stepKey(step, inputs));
  if (found === null) return { cache: "miss", reason: "no earlier run did this with these settings and inputs", found };
  const who = found.imported ? "a bundle that was imported says that another mill" : "an earlier run";
  return { cache: "reused", reason: `${who} did this with the same settings and inputs`, found };
}

/** What a step will put out: as many as go in where it works item by item, else what the planner expected. */
function countOf(step: PlannedStep, items: ReadonlyMap<string, number | null>): number | null {
  return (step.fanOut.type === "parts" ? items.get(step.fanOut.of) : undefined) ?? step.estimate.items;
}

function figuresOf(step: PlannedStep, count: number | null, images: number | null, context: QuoteContext): Figures {
  if (step.kind === "train") {
    const backend = context.trainingBackends.find(({ name }) => name === step.params.backend);
    const recipe = Recipe.safeParse(step.params.recipe);
    if (backend !== undefined && recipe.success) {
      const dataset = { images: images ?? ASSUMED_IMAGES };
      const { vramBytes, ...estimate } = backend.estimate(recipe.data, dataset);
      const { price = null, notes = [] } = context.rental?.(step, dataset.images) ?? {};
      return { ...ofWork(estimate), ...price, vramBytes, notes };
    }
  }
  if (step.kind === "generate") {
    const backend = context.generationBackends.find(({ name }) => name === step.params.backend);
    if (backend !== undefined && context.grid !== undefined) {
      return ofWork(backend.estimate(gridItem(context.grid, 0), count ?? 0));
    }
  }
  const { estimate } = step;
  const share = count !== null && estimate.items ? count / estimate.items : 1;
  const seconds = estimate.seconds * share;
  const microUsd = Math.ceil(estimate.microUsd * share);
  return ofWork({
    seconds: { p50: seconds, p90: seconds * USUAL_SPREAD },
    costMicroUsd: { p50: microUsd, p90: microUsd },
  });
}

/** Of what is paid for by the work alone: its middle expectation is what is expected. */
function ofWork({ seconds, costMicroUsd }: Pick<Figures, "seconds" | "costMicroUsd">): Figures {
  const [p50, p90] = [Math.ceil(costMicroUsd.p50), Math.ceil(costMicroUsd.p90)];
  return { seconds, costMicroUsd: { p50, p90 }, expectedMicroUsd: p50, parts: [], vramBytes: 0, notes: [] };
}
