import type { MarketShape } from "./markets.ts";
import { type Month, type MonthSum, type PlannerName, planners, runMonth } from "./month.ts";
import { actualByQuote, costByOptimum } from "./small-cases.ts";

/** A world by all that decides it. */
export type WorldQuestion =
  | { readonly kind: "month"; readonly planner: PlannerName; readonly shape: MarketShape; readonly seed: number }
  | { readonly kind: "case"; readonly seed: number }
  | { readonly kind: "quote"; readonly seed: number };

/** Where what worlds come to is had from: it is the same wherever and whenever they are computed. */
export interface Worlds<M extends MonthSum = MonthSum> {
  /** Worlds that are worked on at the same time. */
  readonly atOnce: number;
  month(planner: PlannerName, shape: MarketShape, seed: number): Promise<M>;
  smallCase(seed: number): Promise<Awaited<ReturnType<typeof costByOptimum>>>;
  quote(seed: number): Promise<Awaited<ReturnType<typeof actualByQuote>>>;
}

/** Here and now, one after the other. */
export const computedWorlds: Worlds<Month> = {
  atOnce: 1,
  month: (planner, shape, seed) => runMonth(planners[planner], { shape, seed }),
  smallCase: costByOptimum,
  quote: (seed) => actualByQuote(seed, seed % 2 === 0 ? "list" : "moving"),
};

/** Worlds by one function that answers questions. */
export function worldsBy(atOnce: number, answer: (question: WorldQuestion) => Promise<unknown>): Worlds {
  return {
    atOnce,
    month: (planner, shape, seed) => answer({ kind: "month", planner, shape, seed }) as Promise<MonthSum>,
    smallCase: (seed) => answer({ kind: "case", seed }) as ReturnType<Worlds["smallCase"]>,
    quote: (seed) => answer({ kind: "quote", seed }) as ReturnType<Worlds["quote"]>,
  };
}

/** The answer as data that can be sent and written down: of a month without its jobs. */
export async function answerOf(question: WorldQuestion): Promise<unknown> {
  if (question.kind === "case") return computedWorlds.smallCase(question.seed);
  if (question.kind === "quote") return computedWorlds.quote(question.seed);
  const { jobs, ...sum } = await computedWorlds.month(question.planner, question.shape, question.seed);
  return sum;
}
