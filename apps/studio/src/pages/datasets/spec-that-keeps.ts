import { DatasetSpec, type PlanLock, type RunSpecInput, UserError } from "@loramill/contracts";

/** A spec that makes the dataset of a plan again, and keeps pictures by name whatever the checks say of them. */
export function specThatKeeps(plan: PlanLock, paths: readonly string[]): RunSpecInput {
  const paramsOf = (kind: string) => plan.steps.find((step) => step.kind === kind)?.params;
  const [source, prepare, dataset] = [paramsOf("source"), paramsOf("prepare"), paramsOf("dataset")];
  if (source === undefined || dataset === undefined)
    throw new UserError("the run of this dataset has no sources to make it from again", { code: "no-sources" });
  const before = DatasetSpec.parse({
    name: dataset.name,
    sources: source.sources,
    ...(prepare ? { prepare } : {}),
    cleaning: dataset.cleaning,
    gates: dataset.gates,
  });
  // A name may hold a star, which stands for any characters where it is kept: it then keeps a few more.
  const keep = [...new Set([...before.cleaning.keep, ...paths])];
  const drop = before.cleaning.drop.filter((path) => !paths.includes(path));
  return {
    name: String(dataset.name),
    project: plan.project,
    dataset: { ...before, cleaning: { ...before.cleaning, keep, drop } },
  };
}
