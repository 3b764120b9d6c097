import type { BatchId, ErrorRecord, MemberState, PlannedMember, ProjectId, RunId } from "@loramill/contracts";
import { trialRun } from "@loramill/testkit";
import type { Catalog, NewBatch } from "../src/index.ts";
import { someDigest, startRun } from "./fixtures.ts";

export const broken: ErrorRecord = { class: "permanent", code: "broken", message: "it broke", details: {} };
const quote = {
  seconds: { p50: 1, p90: 2 },
  costMicroUsd: { p50: 900, p90: 1_800 },
  expectedMicroUsd: 1_000,
  steps: [],
};

/** A plan of one step for a member. */
export const planOf = (name: string) => ({ ...trialRun([{ name: "caption" }], { name }), charges: [], quote });

const memberOf = (_: unknown, index: number): PlannedMember => {
  const name = `subject ${index + 1}`;
  return { number: index + 1, name, values: { folder: name }, spec: trialRun([{ name: "caption" }], { name }).spec };
};

/** Submits a batch of so many runs with one step each, in the project `of`. */
export async function submitBatch(
  catalog: Catalog,
  count: number,
  more: Partial<NewBatch> & { readonly of?: string } = {},
): Promise<{ project: ProjectId; id: BatchId }> {
  const { of = "default", ...batch } = more;
  const project = (await catalog.projects.ensure(of)).id;
  const members = Array.from({ length: count }, memberOf);
  const limits = { budgetMicroUsd: null, deadline: null, maxFailures: null };
  const request = { requestDigest: someDigest(count), by: "key_1" };
  return {
    project,
    id: await catalog.batches.create({ project, name: "subjects", ...limits, ...request, members, ...batch }),
  };
}

/** Plans all members that wait, as the API's lane does. */
export async function planAll(catalog: Catalog, batch: BatchId): Promise<RunId[]> {
  const waiting = (await catalog.batches.waitingMembers(10_000)).filter((member) => member.batch === batch);
  const runs = await Promise.all(
    waiting.map((member) => catalog.batches.startMember(member, planOf(`run ${member.number}`))),
  );
  return runs.filter((run) => run !== null);
}

/** Members by state, as far as there are any. */
export async function countsOf(catalog: Catalog, batch: BatchId): Promise<Partial<Record<MemberState, number>>> {
  const view = await catalog.batches.get({ batch });
  return Object.fromEntries(Object.entries(view?.counts ?? {}).filter(([, count]) => count > 0));
}

/** Ends a run, and its step with it, as the dispatcher does. */
export async function endRun(catalog: Catalog, run: RunId, event: "succeed" | "fail" | "cancel"): Promise<void> {
  const step = (await catalog.runs.get({ run }))?.steps[0];
  const isOver = step === undefined || step.state === "succeeded";
  if (event !== "succeed" && !isOver)
    await catalog.dispatch.endStep({ run, step: step.id }, event === "fail" ? "fail" : "cancel", broken);
  const moved = await catalog.dispatch.moveRun(run, event, event === "succeed" ? null : broken);
  if (!moved) throw new Error(`${run} did not ${event}`);
}

/** Starts runs without jobs. */
export async function startAll(catalog: Catalog, runs: readonly RunId[]): Promise<readonly RunId[]> {
  for (const run of runs) await startRun(catalog, run, 0);
  return runs;
}
