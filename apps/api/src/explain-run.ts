import type { Catalog } from "@loramill/catalog";
import type { Explanation, RunView } from "@loramill/contracts";

/** Most jobs whose waiting is explained one by one. */
const MAX_WAITING = 20;

/** Why each step is in its state, and why jobs that could run do not. */
export async function explainRun(run: RunView, catalog: Catalog): Promise<Explanation> {
  const names = new Map(run.steps.map((step) => [step.id, step.name]));
  const { items } = await catalog.jobs.list({ run: run.id, limit: 200 });
  const waiting = items
    .filter((job) => job.waitReason !== null)
    .slice(0, MAX_WAITING)
    .map((job) => ({ job: job.id, step: names.get(job.step) ?? "", reason: job.waitReason ?? "" }));
  const steps = run.steps.map(({ name, state, reason, error }) => ({
    name,
    state,
    reason: error?.message ?? reason ?? "",
  }));
  return { run: run.id, state: run.state, steps, waiting };
}
