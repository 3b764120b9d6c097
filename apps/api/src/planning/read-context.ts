import type { Charge, RunSpec } from "@loramill/contracts";
import type { PlanContext } from "@loramill/orchestration";
import { checkRecipe, resolvePlacement } from "@loramill/recipes";
import { type PinnedSpec, pinDatasets } from "../datasets/pin-datasets.ts";
import { checkSources } from "./check-sources.ts";
import { fetchInputs } from "./fetch-inputs.ts";
import { findLoras, findModels, findRecipes } from "./find-named.ts";
import type { PlanningDeps } from "./planning-deps.ts";
import { prepareChoosing } from "./prepare-choosing.ts";
import { readBackends } from "./read-backends.ts";
import { readCaptionTools } from "./read-caption-tools.ts";

/** What the pure planner takes, and what there is to say of how it was come by. */
export interface ReadContext {
  /** The spec by contents alone: what it named by address or name has its digest in its place. */
  readonly spec: PinnedSpec;
  readonly context: PlanContext;
  readonly notes: readonly string[];
  /** What was paid on the way. */
  readonly charges: readonly Charge[];
}

/** Reads what lies outside a spec: its sources and inputs, the tools and backends of the installation, the library. */
export async function readContext(given: RunSpec, deps: PlanningDeps, signal?: AbortSignal): Promise<ReadContext> {
  checkSources(given.dataset.sources, deps.localSources);
  const { spec: fetched, notes } = await fetchInputs(given, deps.inputs, signal);
  const spec = await pinDatasets(fetched, (dataset) => deps.findDataset(dataset, given.project));
  const presets = await findRecipes(spec, deps);
  const models = await findModels(spec, deps);
  const failed = new AbortController();
  const reading = AbortSignal.any([failed.signal, ...(signal === undefined ? [] : [signal])]);
  const [sources, captioning, faces, backends, loras] = await Promise.all([
    deps.fingerprint(spec.dataset.sources, reading),
    readCaptionTools(deps, signal),
    deps.faceFinder.isAvailable(signal),
    readBackends(deps, models, signal),
    findLoras(spec, deps),
  ]).catch((error: unknown): never => {
    // Nobody waits for it any more, and a large source takes minutes. The other looks are short, and may be shared.
    failed.abort(error);
    throw error;
  });
  const placement = spec.train === undefined ? undefined : resolvePlacement(spec.train);
  // Last, because reading prompts may be paid for.
  const { choosing, charges } = await prepareChoosing(spec, deps, signal);
  const context: PlanContext = {
    sources,
    presets,
    ...captioning,
    faceFinder: { id: deps.faceFinder.id, ...faces },
    ...backends,
    storeReachable: deps.storeReachable,
    models,
    checkRecipe,
    ...(placement === undefined ? {} : { placement }),
    ...loras,
    ...choosing,
  };
  return { spec, context, notes, charges };
}
