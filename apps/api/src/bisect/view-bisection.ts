import type { Bisection, Catalog } from "@loramill/catalog";
import { BisectionView, type ProjectId, type RunId } from "@loramill/contracts";
import { nextStep, openTrial, stateOf } from "./follow-bisection.ts";

/** A bisection as the API shows it: where it stands follows from its verdicts. */
export async function viewBisection(
  bisection: Bisection,
  { catalog, spentMicroUsd }: { readonly catalog: Catalog; readonly spentMicroUsd: number },
): Promise<BisectionView> {
  const { id, differences, trials, grid, notes, budgetMicroUsd } = bisection;
  const state = stateOf(bisection);
  const next = nextStep(bisection);
  const trial = openTrial(bisection);
  const runState = trial?.run == null ? null : ((await catalog.runs.get({ run: trial.run }))?.state ?? null);
  return BisectionView.parse({
    ...{ id, project: bisection.projectName, state, ...(await viewEnds(bisection, catalog)) },
    ...{ grid, differences, trials, notes, budgetMicroUsd, spentMicroUsd },
    open:
      state === "open" && next.kind === "test"
        ? {
            ...{ number: trial?.number ?? null, run: trial?.run ?? null, runState },
            ...{ suspects: next.suspects.length, trialsLeft: next.trialsLeft },
          }
        : null,
    culprits: next.kind === "found" ? [...next.culprits] : [],
    suspects: next.kind === "found" ? [...next.suspects] : [],
    createdAt: bisection.createdAt.toISOString(),
  });
}

export async function viewEnds(bisection: Bisection, catalog: Catalog): Promise<Pick<BisectionView, "good" | "bad">> {
  const view = async (lora: string, run: string | null) => {
    const row = await catalog.loras.find({ project: bisection.project as ProjectId, lora });
    const { name = lora, version = 0, document = "0".repeat(64) } = row ?? {};
    return { id: lora, name, version, document, run: run as RunId | null };
  };
  return { good: await view(bisection.good, bisection.goodRun), bad: await view(bisection.bad, bisection.badRun) };
}
