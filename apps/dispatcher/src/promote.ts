import type { Artifact, ReadyStep } from "@loramill/catalog";
import {
  type Digest,
  type DocumentKind,
  PermanentError,
  type StepKind,
  TransientError,
  toErrorRecord,
} from "@loramill/contracts";
import { type EarlierStep, expandStep, explainStep, type StepInput, stepKey } from "@loramill/orchestration";
import type { DispatcherDeps } from "./deps.ts";

const STEPS_PER_LOOK = 1_000;
/** Steps whose output is a document of another kind than `parts`. */
const OUTPUT_KINDS: Partial<Record<StepKind, DocumentKind>> = { dataset: "dataset" };

interface Keyed {
  readonly step: ReadyStep;
  readonly inputs: Record<string, Digest>;
  readonly key: Digest;
}

/**
 * Moves every ready step on: takes an earlier result with the same key, waits for a live step that makes the same, or
 * becomes jobs. Answers whether any step moved.
 */
export async function promoteSteps(deps: DispatcherDeps): Promise<boolean> {
  const { dispatch } = deps.catalog;
  const ready = (await dispatch.readySteps(STEPS_PER_LOOK)).map(toKeyed);
  if (ready.length === 0) return false;
  const keys = ready.map(({ key }) => key);
  const [artifacts, live] = await Promise.all([dispatch.artifacts(keys), dispatch.liveSteps(keys)]);
  const started = new Map(live);
  let moved = false;
  for (const keyed of ready) {
    const { step, key } = keyed;
    const at = { run: step.run, step: step.id };
    try {
      const found = step.reuse ? artifacts.get(key) : undefined;
      const isThere = found !== undefined && (await outputExists(found, deps));
      const other = step.reuse ? started.get(key) : undefined;
      if (isThere) {
        const reason = `taken from ${found.run} (${found.runName}), which did it with the same settings and inputs`;
        moved = (await dispatch.reuseStep(at, found, { inputs: keyed.inputs, reason })) || moved;
      } else if (other !== undefined) {
        const reason = `waits for step ${other.name} of ${other.run} (${other.runName}), which makes the same`;
        await dispatch.explainStep(at, key, reason);
      } else {
        const answer = await start(keyed, found, deps);
        if (answer === "started" && step.reuse)
          started.set(key, { key, ...at, name: step.name, runName: step.runName });
        moved = answer === "started" || moved;
      }
    } catch (error) {
      if (error instanceof TransientError) throw error;
      const record = toErrorRecord(error);
      deps.log.error({ run: step.run, step: step.name, error: record.message }, "a step could not be started");
      if (record.class === "bug") throw error;
      moved = (await dispatch.endStep(at, "fail", record)) || moved;
    }
  }
  return moved;
}

function toKeyed(step: ReadyStep): Keyed {
  const inputs = Object.fromEntries(Object.entries(step.inputs).map(([name, { digest }]) => [name, digest]));
  return { step, inputs, key: stepKey(step.planned, inputs) };
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

/** Why the step does its own work: said once, when it starts. */
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
