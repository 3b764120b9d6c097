import {
  checkRecord,
  type EventRecord,
  hidePaths,
  LibraryRecord,
  type Reached,
  RunRecord,
  reach,
  referencesOfLibrary,
  referencesOfRun,
} from "@loramill/bundles";
import type { Catalog } from "@loramill/catalog";
import {
  type BundlePart,
  type Digest,
  digestOf,
  isFinal,
  isOfFleet,
  type Json,
  PlanLock,
  type ProjectId,
  type RunId,
  type RunView,
  redact,
  type Stores,
  UserError,
} from "@loramill/contracts";
import { stepKey } from "@loramill/orchestration";
import { type GatheredBundle, gatherBundle, referIn } from "./gather.ts";

interface ExportDeps {
  readonly catalog: Catalog;
  readonly stores: Stores;
}

/**
 * Everything of a run that has ended, as one archive. Equal runs give equal bytes: nothing in it says when it was written.
 * Throws UserError `wrong-state`, `not-exportable` for the run of a machine, and `incomplete`.
 */
export async function exportRun(
  view: RunView,
  {
    project,
    without,
    signal,
  }: { readonly project: ProjectId; readonly without: readonly BundlePart[]; readonly signal: AbortSignal },
  { catalog, stores }: ExportDeps,
): Promise<GatheredBundle> {
  const run = view.id;
  if (!isFinal("run", view.state)) {
    throw new UserError(`the run ${run} is ${view.state}: it can be exported when it has ended`, {
      code: "wrong-state",
    });
  }
  const planned = await catalog.runs.plan({ run, project });
  if (planned === null || planned.lock.steps.some(({ kind }) => isOfFleet(kind))) {
    throw new UserError(`${run} tends a machine or a volume of the fleet: it has nothing that another mill could use`, {
      code: "not-exportable",
    });
  }
  const empty = view.steps.find(
    ({ state, output }) => (state === "succeeded" || state === "reused") && output === null,
  );
  if (empty !== undefined) {
    throw new UserError(
      `what the step ${empty.name} of ${run} drew was left out of the bundle that brought it: import the whole one first`,
      { code: "incomplete" },
    );
  }
  const spec = withoutSecrets(planned.spec as unknown as Json);
  const lock = PlanLock.parse(withoutSecrets(planned.lock as unknown as Json));
  const record = RunRecord.parse({
    ...{
      format: "loramill-run/1",
      run,
      name: view.name,
      project: view.project,
      state: view.state,
      lock: digestOf(lock),
    },
    ...{ createdAt: view.createdAt, startedAt: view.startedAt, endedAt: view.endedAt },
    error: hidePaths((view.error ?? null) as Json, spec),
    steps: (await catalog.bundles.steps(run)).map((step) => ({
      ...step,
      reason: hidePaths(step.reason, spec),
      error: hidePaths((step.error ?? null) as Json, spec),
    })),
    costs: await catalog.bundles.costs({ run }),
  });
  const steps = checkRecord(record, { lock, digest: record.lock }, stepKey);
  const refer = referIn(stores);
  const ofSteps = await reach(referencesOfRun(steps), refer);
  const library = await libraryOf(ofSteps, { project, run }, catalog);
  const reached = await reach(referencesOfLibrary(library), refer, ofSteps);
  const events = (await Array.fromAsync(eventsOf(run, project, catalog))).map((event) =>
    hidePaths(event as unknown as Json, spec),
  );
  const records = {
    ...{ "run.json": record, "spec.json": spec, "plan.lock.json": lock },
    ...{ "events.jsonl": events, "library.json": library },
  };
  return gatherBundle({ kind: "run", name: view.name, without, records, reached }, stores, signal);
}

/** Keys in addresses are not given away with what was read there. */
function withoutSecrets(value: Json): Json {
  return JSON.parse(JSON.stringify(value, (_name, one: unknown) => (typeof one === "string" ? redact(one) : one)));
}

/** What the library says of the LoRAs and datasets that the run made or used. */
async function libraryOf(
  { documents }: Reached,
  { project, run }: { readonly project: ProjectId; readonly run: RunId },
  { bundles }: Pick<Catalog, "bundles">,
): Promise<LibraryRecord> {
  const found = [...documents.values()];
  const digestsOf = (kind: string): Digest[] => found.filter((at) => at.kind === kind).map(({ digest }) => digest);
  return LibraryRecord.parse({
    format: "loramill-library/1",
    recipes: [],
    datasets: await bundles.datasets({ project, run, documents: digestsOf("dataset") }),
    loras: await bundles.loras({ project, run, documents: digestsOf("lora") }),
    captions: [],
  });
}

const EVENTS_PER_PAGE = 1_000;

async function* eventsOf(
  run: RunId,
  project: ProjectId,
  { events }: Pick<Catalog, "events">,
): AsyncGenerator<EventRecord> {
  for (let after = 0; ; ) {
    const page = await events.list({ run, project, after, limit: EVENTS_PER_PAGE });
    for (const { at, step, type, data } of page) yield { at, step, type, data };
    const last = page.at(-1);
    if (last === undefined || page.length < EVENTS_PER_PAGE) return;
    after = last.id;
  }
}
