import {
  type Charge,
  digestOf,
  type EstimateCalibration,
  type GenerationBackend,
  type KnownModel,
  type PlanAnswer,
  type PlanLock,
  type PlannedStep,
  type Quote,
  type RunSpec,
  type TrainingBackend,
  UserError,
} from "@loramill/contracts";
import {
  asksToChoose,
  type CachedOutput,
  type FoundLora,
  type GenerationChoice,
  namedLoras,
  type Plan,
  type PlanContext,
  plan,
  type QuoteContext,
  quote,
  replayObstacles,
  type TrainingChoice,
} from "@loramill/orchestration";
import { checkRecipe, resolvePlacement } from "@loramill/recipes";
import { createChooser } from "./choosing/choose-prompt.ts";
import { calibrationsOf, correctQuotes, notesOnEstimates } from "./corrected-estimates.ts";
import { type PinnedSpec, pinDatasets } from "./datasets/pin-datasets.ts";
import { fetchInputs } from "./fetch-inputs.ts";
import type { PlanningDeps } from "./planning-deps.ts";
import { rentalQuotes } from "./quote-rental.ts";
import { readInstallation } from "./read-installation.ts";
import { unlessMissing } from "./unless-missing.ts";

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

/** What prices rest on besides the plan. */
type Priced = Pick<PlanContext, "trainingBackends" | "generationBackends" | "models">;

interface Resolved {
  readonly made: Plan;
  readonly context: PlanContext;
  /** What was paid on the way. */
  readonly charges: readonly Charge[];
}

/** Reads what lies outside a spec (sources, backends, library) and hands both to the pure planner. */
export function createPlanner(deps: PlanningDeps): Planner {
  async function resolve(given: RunSpec, signal?: AbortSignal): Promise<Resolved> {
    checkSources(given.dataset.sources, deps.localSources);
    const { spec: fetched, notes } = await fetchInputs(given, deps.inputs, signal);
    const spec: PinnedSpec = await pinDatasets(fetched, (dataset) => deps.findDataset(dataset, given.project));
    const recipes = await savedRecipes(given, deps);
    const models = spec.train === undefined && !namesModels(spec) ? [] : await deps.models();
    const [sources, captioners, captionTools, faces, trainingBackends, generationBackends, loras] = await Promise.all([
      deps.fingerprint(spec.dataset.sources, signal),
      Promise.all(
        deps.captioners.map(async ({ provider, captioner }) => ({
          provider,
          id: captioner.id,
          ...(captioner.estimateMicroUsd === undefined ? {} : { estimateMicroUsd: captioner.estimateMicroUsd }),
          ...(await captioner.isAvailable(signal)),
        })),
      ),
      findCaptionTools(deps, signal),
      deps.faceFinder.isAvailable(signal),
      Promise.all(deps.trainingBackends.map((backend) => trainingChoice(backend, models, signal))),
      Promise.all(deps.generationBackends.map((backend) => generationChoice(backend, signal))),
      findLoras(spec, deps),
    ]);
    const { charges = [], ...choosing } = await prepareChoosing(spec, deps, signal);
    const context: PlanContext = {
      sources,
      presets: { ...recipes, ...deps.presets },
      captioners,
      captionTools,
      faceFinder: { id: deps.faceFinder.id, ...faces },
      trainingBackends,
      generationBackends,
      storeReachable: deps.storeReachable,
      models,
      checkRecipe,
      ...placementOf(spec),
      ...loras,
      ...choosing,
    };
    const made = plan(spec, context);
    return { made: { ...made, lock: { ...made.lock, notes: [...made.lock.notes, ...notes] } }, context, charges };
  }

  async function keep({ made, charges }: Resolved): Promise<PlanAnswer> {
    for (const { kind, value } of made.documents) await deps.stores.documents.put(kind, value as never);
    return { lock: made.lock, digest: digestOf(made.lock), charges: [...charges] };
  }

  async function price({ made, context, charges }: Resolved): Promise<Quote> {
    const [grid] = made.documents.flatMap((document) => (document.kind === "grid" ? [document.value] : []));
    return { ...(await priceLock(made.lock, context, grid === undefined ? {} : { grid })), charges: [...charges] };
  }

  async function priceLock(lock: PlanLock, context: Priced, more: Pick<QuoteContext, "grid" | "kept">): Promise<Quote> {
    const trains = lock.steps.some(({ kind }) => kind === "train");
    const past = trains ? await deps.pastTrainings() : [];
    const { trainingBackends, models = [] } = context;
    const rental = trains
      ? {
          rental: rentalQuotes(lock, { market: await deps.rentalMarket(lock.project), trainingBackends, models, past }),
        }
      : {};
    const answer = await quote(lock, {
      ...{ ...context, ...correctQuotes(context, past), ...more, ...rental },
      ceilings: await deps.ceilings(lock.project),
      lookup: (key) => deps.findArtifact(key, lock.project),
    });
    return { ...answer, notes: [...answer.notes, ...notesOnEstimates(lock, context, past)], charges: [] };
  }

  return {
    plan: async (spec, signal) => keep(await resolve(spec, signal)),
    quote: async (spec, signal) => price(await resolve(spec, signal)),
    async quoteWithLock(spec, signal) {
      const resolved = await resolve(spec, signal);
      return { lock: resolved.made.lock, quote: await price(resolved) };
    },
    async planWithQuote(spec, signal) {
      const resolved = await resolve(spec, signal);
      return { ...(await keep(resolved)), quote: await price(resolved) };
    },
    async quoteLock(lock, kept, signal) {
      const models = lock.steps.some(({ kind }) => kind === "train") ? await deps.models() : [];
      const [trainingBackends, generationBackends] = await Promise.all([
        Promise.all(deps.trainingBackends.map((backend) => trainingChoice(backend, models, signal))),
        Promise.all(deps.generationBackends.map((backend) => generationChoice(backend, signal))),
      ]);
      const digest = lock.steps.find(({ kind }) => kind === "generate")?.params.grid;
      // Without the grid, what is drawn is priced as it was planned.
      const grid = typeof digest === "string" ? await unlessMissing(deps.stores.documents.get("grid", digest)) : null;
      const context = { trainingBackends, generationBackends, models };
      return priceLock(lock, context, { ...(grid === null ? {} : { grid }), ...(kept === undefined ? {} : { kept }) });
    },
    async obstacles(steps, signal) {
      return replayObstacles(steps, await readInstallation(steps, deps, signal));
    },
    async calibrations() {
      return calibrationsOf(await deps.pastTrainings(), deps.trainingBackends);
    },
  };
}

async function findCaptionTools(
  { fuser, embedder, tokenCounters }: Pick<PlanningDeps, "fuser" | "embedder" | "tokenCounters">,
  signal?: AbortSignal,
): Promise<NonNullable<PlanContext["captionTools"]>> {
  return {
    ...(fuser === null ? {} : { fuser: { id: fuser.id, ...(await fuser.isAvailable(signal)) } }),
    ...(embedder === null ? {} : { embedder: { id: embedder.id, ...(await embedder.isAvailable(signal)) } }),
    tokenCounters,
  };
}

async function trainingChoice(
  backend: TrainingBackend,
  models: readonly KnownModel[],
  signal?: AbortSignal,
): Promise<TrainingChoice> {
  const availability = await backend.isAvailable(signal);
  return {
    name: backend.name,
    capabilities: backend.capabilities,
    validate: (recipe) => backend.validate(recipe, models),
    estimate: (recipe, dataset) => backend.estimate(recipe, dataset),
    ...availability,
    // One that is away cannot tell, and is not chosen.
    version: availability.available ? await backend.version() : "",
  };
}

async function generationChoice(backend: GenerationBackend, signal?: AbortSignal): Promise<GenerationChoice> {
  const availability = await backend.isAvailable(signal);
  return {
    name: backend.name,
    capabilities: backend.capabilities,
    validate: (spec) => backend.validate(spec),
    estimate: (spec, items) => backend.estimate(spec, items),
    ...availability,
    version: availability.available ? await backend.version() : "",
  };
}

function placementOf({ train }: RunSpec): Pick<PlanContext, "placement"> {
  const placement = train === undefined ? undefined : resolvePlacement(train);
  return placement === undefined ? {} : { placement };
}

/** What chooses for the spec's prompts, where it leaves anything open: all that takes time has been looked up by then. */
async function prepareChoosing(
  { name: _, generate, ...spec }: RunSpec,
  { choosingFacts, promptReader, embeddings }: PlanningDeps,
  signal?: AbortSignal,
): Promise<Pick<PlanContext, "choose"> & { readonly charges?: readonly Charge[] }> {
  const makesLora = spec.train !== undefined || spec.lora !== undefined;
  if (generate === undefined || !asksToChoose(generate, makesLora)) return {};
  const { prompts, negativePrompt } = generate;
  const texts = prompts.map((prompt) => ({ prompt, negativePrompt }));
  const facts = await choosingFacts(spec.project, signal);
  const { analyses, charges } = await promptReader.readAll(texts, signal);
  const seed = digestOf({ generate, project: spec.project });
  const points = await embeddings.ofPrompts(prompts, signal);
  return { choose: createChooser({ generate, facts, analyses, embeddings: points, seed }), charges };
}

function namesModels({ lora }: RunSpec): boolean {
  const operation = lora?.operation;
  return operation !== undefined && ("model" in operation || "original" in operation);
}

/** What the project has saved, where a spec names something that is no preset. */
async function savedRecipes({ train, project }: RunSpec, deps: PlanningDeps): Promise<PlanContext["presets"]> {
  const name = typeof train?.recipe === "string" ? train.recipe : train?.preset;
  return name === undefined || Object.hasOwn(deps.presets, name) ? {} : deps.savedRecipes(project);
}

/** UserError `local-sources-off` where one is a file of this machine, and clients may name none. */
export function checkSources(sources: RunSpec["dataset"]["sources"], localSources: boolean): void {
  // Of every type: what names a file of this machine has a path.
  const local = sources.find((source) => "path" in source && source.path !== undefined);
  if (!local || localSources) return;
  throw new UserError(
    "this server does not read folders of its own machine for clients: upload the files (POST /v1/uploads) or name an S3 prefix",
    { code: "local-sources-off", details: { field: "dataset.sources" } },
  );
}

/** Those that the spec names and the library has, by what the spec calls them; and other names where it lacks one. */
async function findLoras(spec: RunSpec, deps: PlanningDeps): Promise<Pick<PlanContext, "loras" | "loraNames">> {
  const wanted = new Set(spec.lora?.from.map(({ lora }) => lora));
  if (spec.generate?.lora !== undefined) wanted.add(spec.generate.lora);
  for (const lora of spec.generate === undefined ? [] : namedLoras(spec.generate)) wanted.add(lora);
  const found: Record<string, FoundLora> = {};
  for (const name of wanted) {
    const lora = await deps.findLora(name, spec.project);
    if (lora !== null) found[name] = lora;
  }
  const isComplete = Object.keys(found).length === wanted.size;
  return isComplete ? { loras: found } : { loras: found, loraNames: await deps.loraNames(spec.project) };
}
