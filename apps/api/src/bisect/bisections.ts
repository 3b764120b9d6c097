import type { Bisection } from "@loramill/catalog";
import {
  type BisectGrid,
  type BisectionQuote,
  type BisectionRequest,
  type BisectTrial,
  type BisectVerdict,
  formatMicroUsd,
  microUsdFromUsd,
  type ProjectId,
  type Quote,
  type RunId,
  RunSpec,
  UserError,
} from "@loramill/contracts";
import { gridOfLora, rememberedQuote, trialsFor } from "@loramill/orchestration";
import { checkCeilings } from "../check-ceilings.ts";
import type { ApiDeps } from "../deps.ts";
import { makeOnce } from "../make-once.ts";
import { nextStep, openTrial, stateOf } from "./follow-bisection.ts";
import { type BisectCase, openCase } from "./open-case.ts";

type Deps = Pick<ApiDeps, "catalog" | "stores" | "planner" | "clock">;

export interface BisectionRef {
  readonly id: string;
  readonly project: ProjectId | undefined;
}

interface Project {
  readonly id: ProjectId;
  readonly name: string;
}

/** Refusals that say nothing of the combination: there is no money, or no backend, now. */
const PASSES: ReadonlySet<string> = new Set(["over-budget", "over-ceiling", "backend-unavailable", "no-backend"]);

/** Begins searches, takes verdicts, and starts the trial that follows from them. */
export function createBisector(deps: Deps) {
  const { catalog, planner, clock } = deps;

  async function find(ref: BisectionRef): Promise<Bisection> {
    const found = await catalog.bisections.get(ref);
    if (found === null) throw new UserError(`there is no bisection ${ref.id}`, { code: "not-found" });
    return found;
  }

  async function quote(request: BisectionRequest, project: Project): Promise<BisectionQuote> {
    const opened = await openCase({ ...request, project: project.id }, deps);
    const grid = gridFor(request, opened);
    const { notes } = opened;
    const differences = opened.differences.map(({ id, sentence }) => ({ id, sentence }));
    const first = nextStep({ differences, trials: [] });
    const about = { name: "bisect", project: project.name, grid, budgetUsd: undefined };
    const ends = await planner.quote(RunSpec.parse(gridOfLora(opened.good.document, { ...about, ...grid })));
    const trial = await planner.quote(await opened.trialOf(first.kind === "test" ? first.applied : [], about));
    const trials = trialsFor(differences.length);
    const total = (part: "seconds" | "costMicroUsd") => ({
      p50: trials * trial[part].p50 + 2 * ends[part].p50,
      p90: trials * trial[part].p90 + 2 * ends[part].p90,
    });
    return {
      ...{ differences, trials },
      perTrial: { seconds: trial.seconds, costMicroUsd: trial.costMicroUsd },
      seconds: total("seconds"),
      costMicroUsd: total("costMicroUsd"),
      notes: [...notes, ...trial.notes],
    };
  }

  /** Both ends draw the grid, and the first trial begins. */
  async function start(request: BisectionRequest, project: Project): Promise<string> {
    const opened = await openCase({ ...request, project: project.id }, deps);
    const { good, bad, differences, notes } = opened;
    const id = await catalog.bisections.create({
      project: project.id,
      ...{ good: good.id, bad: bad.id, notes: [...notes], grid: gridFor(request, opened) },
      differences: differences.map(({ id, sentence }) => ({ id, sentence })),
      budgetMicroUsd: request.budgetUsd === undefined ? null : microUsdFromUsd(request.budgetUsd),
    });
    await goOn({ id, project: project.id });
    return id;
  }

  /** Starts what is to be tried next, where nothing waits for a verdict. Safe to call again after it failed. */
  async function goOn(ref: BisectionRef): Promise<void> {
    for (;;) {
      const bisection = await find(ref);
      if (stateOf(bisection) !== "open" || openTrial(bisection) !== null) return;
      const opened = await openCase({ ...bisection, project: bisection.project as ProjectId }, deps);
      await drawEnds(bisection, opened);
      const next = nextStep(bisection);
      if (next.kind === "found") return;
      if ((await begin(bisection, opened, next.applied)) !== "skipped") return;
    }
  }

  async function drawEnds(bisection: Bisection, { good, bad }: BisectCase): Promise<void> {
    for (const [end, lora] of [["goodRun", good] as const, ["badRun", bad] as const]) {
      if (bisection[end] !== null) continue;
      const name = `bisect ${lora.name} ${end === "goodRun" ? "good" : "bad"}`.slice(0, 100);
      const budgetUsd = (await left(bisection))?.usd;
      const about = { name, project: bisection.projectName, budgetUsd, ...bisection.grid };
      const run = await submit(bisection, end, RunSpec.parse(gridOfLora(lora.document, about)));
      await catalog.bisections.change({ id: bisection.id }, () => ({ [end]: run }));
    }
  }

  /** `skipped`: the combination cannot be planned, which is a verdict too. */
  async function begin(bisection: Bisection, opened: BisectCase, applied: readonly string[]) {
    const number = bisection.trials.length + 1;
    const name = `bisect ${opened.bad.name} ${number}`.slice(0, 100);
    const room = await left(bisection);
    const trial = { number, applied: [...applied], verdict: null, reason: "", by: null, at: clock.now().toISOString() };
    try {
      const about = { name, project: bisection.projectName, grid: bisection.grid, budgetUsd: room?.usd };
      const spec = await opened.trialOf(applied, about);
      const run = await submit(bisection, `trial ${number}`, spec, room?.microUsd);
      await add(bisection, { ...trial, run });
      return "begun";
    } catch (error) {
      if (!(error instanceof UserError) || PASSES.has(error.code)) throw error;
      await add(bisection, { ...trial, run: null, verdict: "skip", reason: error.message.slice(0, 1000) });
      return "skipped";
    }
  }

  /** One that somebody else has begun meanwhile is the one. */
  const add = (bisection: Bisection, trial: BisectTrial) =>
    catalog.bisections.change({ id: bisection.id }, ({ trials }) =>
      trials.length >= trial.number ? {} : { trials: [...trials, trial] },
    );

  /** The same run for the same trial, however often it is asked for. */
  async function submit(bisection: Bisection, what: string, spec: RunSpec, leftMicroUsd?: number): Promise<RunId> {
    const { lock, charges, quote } = await planner.planWithQuote(spec);
    checkCeilings(quote);
    if (leftMicroUsd !== undefined) checkBudget(quote, leftMicroUsd);
    const project = bisection.project as ProjectId;
    const key = `bisect ${bisection.id} ${what}`;
    const start = () =>
      catalog.runs.create({ project, spec, lock, charges, quote: rememberedQuote(quote), idempotencyKey: key });
    return makeOnce({ catalog }, { project, key, body: { what, id: bisection.id }, start });
  }

  /** What its runs have spent, in micro-dollars. */
  async function spent({ trials, goodRun, badRun }: Bisection): Promise<number> {
    const runs = [goodRun, badRun, ...trials.map(({ run }) => run)].filter((run) => run !== null);
    const views = await Promise.all(runs.map((run) => catalog.runs.get({ run: run as RunId })));
    return views.reduce((sum, view) => sum + (view?.spentMicroUsd ?? 0), 0);
  }

  async function left(bisection: Bisection): Promise<{ microUsd: number; usd: number } | null> {
    if (bisection.budgetMicroUsd === null) return null;
    const microUsd = Math.max(0, bisection.budgetMicroUsd - (await spent(bisection)));
    return { microUsd, usd: microUsd / 1_000_000 };
  }

  /** Writes down what a person says of the open trial, and begins the next. */
  async function judge(
    ref: BisectionRef,
    said: {
      readonly verdict: BisectVerdict;
      readonly trial?: number | undefined;
      readonly reason: string;
      readonly by: string;
    },
  ): Promise<void> {
    const trial = openTrial(await find(ref));
    if (trial === null) throw new UserError("no trial waits for a verdict", { code: "wrong-state" });
    if (said.trial !== undefined && said.trial !== trial.number) {
      throw new UserError(`trial ${trial.number} is the one that waits for a verdict`, { code: "wrong-state" });
    }
    const run = trial.run === null ? null : await catalog.runs.get({ run: trial.run });
    if (said.verdict !== "skip" && run?.state !== "succeeded") {
      throw new UserError(
        `trial ${trial.number} is ${run?.state ?? "not there"}: it can be judged when its pictures are drawn, or be skipped`,
        { code: "wrong-state" },
      );
    }
    const { verdict, reason, by } = said;
    const judged = { ...trial, verdict, reason, by, at: clock.now().toISOString() };
    await catalog.bisections.change(ref, (now) => {
      if (openTrial(now)?.number !== trial.number)
        throw new UserError("it was judged meanwhile", { code: "wrong-state" });
      return { trials: now.trials.map((each) => (each.number === trial.number ? judged : each)) };
    });
    if (trial.run !== null && run !== null && said.verdict === "skip")
      await catalog.runs.requestCancel({ run: trial.run });
    await goOn(ref);
  }

  return {
    ...{ find, quote, start, judge, spent },
    /** Goes on after a failure or with more money. */
    async resume(ref: BisectionRef, budgetUsd: number | undefined): Promise<void> {
      await find(ref);
      const budget = budgetUsd === undefined ? {} : { budgetMicroUsd: microUsdFromUsd(budgetUsd) };
      await catalog.bisections.change(ref, () => ({ ...budget, stoppedAt: null }));
      await goOn(ref);
    },
    /** Gives it up; a trial under way is cancelled. */
    async stop(ref: BisectionRef): Promise<void> {
      const trial = openTrial(await find(ref));
      await catalog.bisections.change(ref, ({ stoppedAt }) => ({ stoppedAt: stoppedAt ?? clock.now() }));
      if (trial?.run != null) await catalog.runs.requestCancel({ run: trial.run });
    },
  };
}

function gridFor({ prompts, seeds, strengths }: BisectionRequest, { grid, good }: BisectCase): BisectGrid {
  const usual = grid ?? {
    prompts: [`a photo of ${good.triggerWord ?? good.name}`],
    ...{ seeds: [1, 2], strengths: [1] },
  };
  return { prompts: prompts ?? usual.prompts, seeds: seeds ?? usual.seeds, strengths: strengths ?? usual.strengths };
}

function checkBudget({ costMicroUsd }: Pick<Quote, "costMicroUsd">, leftMicroUsd: number): void {
  if (costMicroUsd.p50 <= leftMicroUsd) return;
  const [cost, room] = [formatMicroUsd(costMicroUsd.p50), formatMicroUsd(leftMicroUsd)];
  throw new UserError(
    `the next trial may cost ${cost} and the bisection's budget has ${room} left: go on with a larger one, or stop`,
    { code: "over-budget" },
  );
}
