import { type Artifact, claimKey, type LiveStep, type ReadyStep } from "@loramill/catalog";
import {
  type Digest,
  type DocumentKind,
  PermanentError,
  type StepId,
  type StepKind,
  toErrorRecord,
} from "@loramill/contracts";
import { type EarlierStep, expandStep, explainStep, type StepInput, stepKey } from "@loramill/orchestration";
import type { DispatcherDeps } from "./deps.ts";
import type { Patience } from "./patience.ts";

const STEPS_PER_READ = 500;
/** Steps whose output is a document of another kind than `parts`. */
const OUTPUT_KINDS: Partial<Record<StepKind, DocumentKind>> = { dataset: "dataset" };

interface Keyed {
  readonly step: ReadyStep;
  readonly inputs: Record<string, Digest>;
  readonly key: Digest;
}

interface Known {
  readonly artifacts: ReadonlyMap<Digest, Artifact & { readonly runName: string }>;
  /** What bundles say was made elsewhere, by `claimKey`. */
  readonly imported: ReadonlyMap<string, Artifact & { readonly runName: string }>;
  /** Live steps by key; grows as steps are started. */
  readonly live: Map<Digest, LiveStep>;
}

/**
 * Moves every ready step on: takes an earlier result with the same key (one that a bundle brought where none was made here), waits for a live step that makes the same, or
 * becomes jobs. Answers whether any step moved.
 */
export async function promoteSteps(deps: DispatcherDeps, patience: Patience<StepId>): Promise<boolean> {
  const { dispatch } = deps.catalog;
  let moved = false;
  for (let after = ""; ; ) {
    const page = await dispatch.readySteps({ after, limit: STEPS_PER_READ });
    const ready = page.map(toKeyed);
    const keys = ready.map(({ key }) => key);
    const [artifacts, imported, live] = await Promise.all([
      dispatch.artifacts(keys),
      dispatch.importedResults(ready.map(({ key, step: { project } }) => ({ key, project }))),
      dispatch.liveSteps(keys),
    ]);
    for (const keyed of ready) {
      moved = (await attempt(keyed, { artifacts, imported, live }, deps, patience)) || moved;
    }
    const last = page.at(-1);
    if (last === undefined || page.length < STEPS_PER_READ) return moved;
    after = last.id;
  }
}

function toKeyed(step: ReadyStep): Keyed {
  const inputs = Object.fromEntries(Object.entries(step.inputs).map(([name, { digest }]) => [name, digest]));
  return { step, inputs, key: stepKey(step.planned, inputs) };
}

/** One step must not hold up the others: what is away is tried at the next look, what stays wrong fails the step. */
async function attempt(keyed: Keyed, known: Known, deps: DispatcherDeps, patience: Patience<StepId>): Promise<boolean> {
  const { step } = keyed;
  try {
    const moved = await promote(keyed, known, deps);
    patience.worked(step.id);
    return moved;
  } catch (error) {
    const record = toErrorRecord(error);
    const about = { run: step.run, step: step.name, error: record.message };
    const final = record.class === "permanent" || record.class === "user";
    if (!final && (record.class === "transient" || !patience.failed(step.id))) {
      deps.log.warn(about, "a step could not be started; trying again");
      return false;
    }
    deps.log.error(about, "a step cannot be started");
    return deps.catalog.dispatch.endStep({ run: step.run, step: step.id }, "fail", record);
  }
}

async function promote(keyed: Keyed, { artifacts, imported, live }: Known, deps: DispatcherDeps): Promise<boolean> {
  const { step, key, inputs } = keyed;
  const { dispatch } = deps.catalog;
  const at = { run: step.run, step: step.id };
  const found = step.reuse ? artifacts.get(key) : undefined;
  if (found !== undefined && (await outputExists(found, deps))) {
    const reason = `taken from ${found.run} (${found.runName}), which did it with the same settings and inputs`;
    return dispatch.reuseStep(at, found, { inputs, reason });
  }
  const claim = step.reuse ? imported.get(claimKey(step.project, key)) : undefined;
  if (claim !== undefined && (await outputExists(claim, deps))) {
    const reason = `taken from ${claim.run} (${claim.runName}), imported from a bundle, which says that it was done elsewhere with the same settings and inputs`;
    return dispatch.reuseStep(at, claim, { inputs, reason });
  }
  const other = step.reuse ? live.get(key) : undefined;
  if (other !== undefined) {
    const reason = `waits for step ${other.name} of ${other.run} (${other.runName}), which makes the same`;
    if (step.key !== key || step.reason !== reason) await dispatch.explainStep(at, key, reason);
    return false;
  }
  const started = (await start(keyed, found, deps)) === "started";
  if (started && step.reuse) live.set(key, { key, run: step.run, runName: step.runName, name: step.name });
  return started;
}

/** A catalog may outlive its object store: what is no longer there is made again. */
async function outputExists(artifact: Artifact, { stores }: DispatcherDeps): Promise<boolean> {
  try {
    await stores.documents.get(OUTPUT_KINDS[artifact.kind as StepKind] ?? "parts", artifact.output);
    return true;
  } catch (error) {
    if (error instanceof PermanentError && error.code === "object-missing") return false;
    throw error;
  }
}

async function start({ step, inputs, key }: Keyed, lost: Artifact | undefined, deps: DispatcherDeps) {
  const jobs = expandStep(step.planned, await readInputs(step, deps));
  const earlier = step.reuse && lost === undefined ? await deps.catalog.dispatch.earlierStep(step) : null;
  const reason =
    lost === undefined ? whyDone(step, inputs, earlier) : "made again: its earlier output is no longer stored";
  return deps.catalog.dispatch.startStep({ run: step.run, step: step.id }, { key, inputs, reason, jobs });
}

/** Only the parts of the step that is fanned out over are needed, and only then is its document read. */
async function readInputs(step: ReadyStep, { stores }: DispatcherDeps): Promise<Record<string, StepInput>> {
  const { fanOut } = step.planned;
  const entries = Object.entries(step.inputs).map(async ([name, { digest, kind }]) => {
    const fans = fanOut.type === "parts" && fanOut.of === name;
    const parts = fans ? await readParts(OUTPUT_KINDS[kind as StepKind] ?? "parts", digest, stores) : [];
    return [name, { digest, parts }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function readParts(
  kind: DocumentKind,
  digest: Digest,
  stores: DispatcherDeps["stores"],
): Promise<readonly Digest[]> {
  const document = await stores.documents.get(kind, digest);
  if ("parts" in document) return document.parts;
  throw new PermanentError(`a document of kind ${kind} lists no parts`, {
    code: "no-parts",
    details: { kind, digest },
  });
}

const NO_JOBS = { total: 0, open: 0, waiting: 0, succeeded: 0, failed: 0, cancelled: 0 };

/** Why the step does its own work: said once, when it starts, so without the progress that the sentence begins with. */
function whyDone(step: ReadyStep, inputs: Record<string, Digest>, earlier: EarlierStep | null): string {
  const told = explainStep({
    step: step.planned,
    state: "running",
    inputs,
    needs: [],
    jobs: NO_JOBS,
    key: null,
    reuseAllowed: step.reuse,
    reusedFrom: null,
    earlier,
    error: null,
  });
  return told.slice(told.indexOf(";") + 1).trim();
}
