import {
  type Claim,
  type Delivery,
  digestOf,
  type JobId,
  type JobOutput,
  type PlanLock,
  type ProjectId,
  type RunId,
  type Settlement,
  type StepId,
} from "@loramill/contracts";
import { trialRun } from "@loramill/testkit";
import type { Catalog } from "../src/index.ts";

export const someDigest = (name: string | number): string => digestOf({ name });

export interface TrialRun {
  readonly run: RunId;
  readonly step: StepId;
  readonly project: ProjectId;
  readonly jobs: readonly Delivery[];
}

/** A running run with one step, whose jobs are released and sent. */
export async function startedRun(
  catalog: Catalog,
  count: number,
  options: { readonly project?: string; readonly estimateMicroUsd?: number; readonly release?: boolean } & Partial<
    Pick<PlanLock, "budgetMicroUsd" | "name">
  > = {},
): Promise<TrialRun> {
  const { project: name = "default", estimateMicroUsd, release, ...lock } = options;
  const project = (await catalog.projects.ensure(name)).id;
  const run = await catalog.runs.create({ project, ...trialRun([{ name: "caption" }], lock) });
  const jobs = {
    ...(estimateMicroUsd === undefined ? {} : { estimateMicroUsd }),
    ...(release === undefined ? {} : { release }),
  };
  return { project, ...(await startRun(catalog, run, count, jobs)) };
}

/** Starts a run that was created with one step `caption`, which becomes so many jobs. */
export async function startRun(
  catalog: Catalog,
  run: RunId,
  count: number,
  { estimateMicroUsd = 0, release = true }: { readonly estimateMicroUsd?: number; readonly release?: boolean } = {},
): Promise<Omit<TrialRun, "project">> {
  const step = (await catalog.runs.get({ run }))?.steps[0]?.id as StepId;
  await catalog.dispatch.moveRun(run, "start", null);
  await catalog.dispatch.unblockStep({ run, step });
  const jobs = Array.from({ length: count }, (_, ordinal) => ({
    ordinal,
    name: "caption-images" as const,
    queue: "caption" as const,
    input: { part: someDigest(ordinal) },
    estimateMicroUsd,
  }));
  await catalog.dispatch.startStep({ run, step }, { key: someDigest(run), inputs: {}, reason: "new", jobs });
  if (release) await releaseAll(catalog);
  return { run, step, jobs: await deliveriesOf(catalog, run) };
}

export async function releaseAll(catalog: Catalog): Promise<void> {
  const { rows } = await catalog.pool.query<{ id: string }>("select id from loramill.jobs where state = 'waiting'");
  await catalog.dispatch.release(rows.map(({ id }) => id));
  for (;;) {
    const owed = await catalog.dispatch.unsent(500);
    if (owed.length === 0) return;
    await catalog.dispatch.markSent(owed);
  }
}

export async function deliveriesOf(catalog: Catalog, run: RunId): Promise<Delivery[]> {
  const { rows } = await catalog.pool.query<{ job: JobId; release: number }>(
    "select id as job, release from loramill.jobs where run = $1 order by ordinal",
    [run],
  );
  return rows;
}

export async function claimed(catalog: Catalog, delivery: Delivery, worker = "worker-1"): Promise<Claim> {
  const answer = await catalog.ledger.claim({ ...delivery, queue: "caption", worker });
  if (answer.kind === "refused") throw new Error(`refused: ${answer.reason}`);
  return answer.claim;
}

export const someOutput = (name: string | number): JobOutput => ({
  digest: someDigest(name),
  shape: "part",
  items: 64,
  summary: {},
});

type Outcome<S> = S extends unknown
  ? Omit<S, "job" | "epoch" | "startedAt" | "endedAt" | "charges" | "records">
  : never;

/** A settlement of a claim; without an outcome it succeeded. */
export function settlementOf(
  claim: Pick<Claim, "job" | "epoch">,
  outcome: Outcome<Settlement> = { kind: "succeeded", output: someOutput(claim.job) },
  more: Partial<Pick<Settlement, "charges" | "records">> = {},
): Settlement {
  const now = new Date();
  return {
    job: claim.job,
    epoch: claim.epoch,
    startedAt: now,
    endedAt: now,
    charges: [],
    records: [],
    ...more,
    ...outcome,
  } as Settlement;
}

export const charge = (amountMicroUsd: number) => ({
  kind: "captioning" as const,
  supplier: "openai:test",
  quantity: 2,
  unit: "image" as const,
  amountMicroUsd,
  note: "",
});

/** Of a picture, as a job publishes it. */
export const someCaption = (text: string) => ({
  image: someDigest("image"),
  path: "a.png",
  text,
  provider: "describe/1",
  raw: text,
});
