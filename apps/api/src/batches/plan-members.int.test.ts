import type { Catalog } from "@loramill/catalog";
import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import {
  type BatchId,
  digestOf,
  type PlannedMember,
  type RunSpec,
  TransientError,
  UserError,
} from "@loramill/contracts";
import { keepLog, trialRun, waitUntil } from "@loramill/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Planner } from "../planning/planner.ts";
import { type MemberPlannerDeps, startMemberPlanner } from "./plan-members.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

type Plan = Planner["planWithQuote"];
const clock = { now: () => new Date() };
const charges = [
  { kind: "analysis", supplier: "llm:small", unit: "token", note: "", quantity: 10, amountMicroUsd: 100 },
] as const;

/** A plan of one step, which cost something to make. */
const planned = (name: string, paid = 0): Awaited<ReturnType<Plan>> => {
  const { lock } = trialRun([{ name: "caption" }], { name });
  const amounts = { seconds: { p50: 1, p90: 1 }, costMicroUsd: { p50: 0, p90: 0 }, expectedMicroUsd: 0 };
  const rest = { vramBytes: 0, withinBudget: null, ceilings: [], notes: [] };
  const paidFor = paid === 0 ? [] : charges.map((charge) => ({ ...charge, amountMicroUsd: paid }));
  return {
    lock,
    digest: digestOf(lock),
    charges: paidFor,
    quote: { steps: [], ...amounts, ...rest, charges: paidFor },
  };
};

async function submit(catalog: Catalog, count: number, budgetMicroUsd: number | null = null): Promise<BatchId> {
  const members = Array.from({ length: count }, (_, index): PlannedMember => {
    const name = `subject ${index + 1}`;
    const spec: RunSpec = { ...trialRun([{ name: "caption" }]).spec, name };
    return { number: index + 1, name, values: { folder: name }, spec };
  });
  const { id: project } = await catalog.projects.ensure("default");
  const limits = { budgetMicroUsd, deadline: null, maxFailures: null };
  return catalog.batches.create({
    project,
    name: "subjects",
    ...limits,
    members,
    requestDigest: digestOf(count),
    by: "operator",
  });
}

const planWith = (catalog: Catalog, plan: Plan, listening: Partial<Pick<MemberPlannerDeps, "log" | "onMember">> = {}) =>
  startMemberPlanner({
    ...{ catalog, planner: { planWithQuote: plan }, clock, log: keepLog(), onMember: () => {} },
    ...listening,
  });

const allPlanned = (catalog: Catalog, batch: BatchId) =>
  waitUntil("all members to be planned", async () => {
    const view = await catalog.batches.get({ batch });
    return view?.counts.waiting === 0 ? view : undefined;
  });

test("a planner that is stopped in the middle leaves the rest to the next, and each member gets exactly one run", async () => {
  const catalog = await server.open();
  const batch = await submit(catalog, 40);
  let begun = 0;
  const first = planWith(catalog, async (spec, signal) => {
    begun += 1;
    if (begun <= 9) return planned(spec.name);
    // What a process was at when it died: it never comes to an end.
    return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("aborted"))));
  });
  await waitUntil("some runs, and plans under way", () => begun >= 13);
  const other = server.openAgain(catalog.url);
  const second = planWith(other, async (spec) => planned(spec.name));
  await first.close();
  await allPlanned(catalog, batch);
  await second.close();
  await second.close();
  const { rows } = await catalog.pool.query<{ runs: number; names: number; events: number }>(
    `select count(*)::int as runs, count(distinct r.name)::int as names,
       (select count(*)::int from loramill.run_events where type = 'run.created') as events
     from loramill.runs r where r.batch = $1`,
    [batch],
  );
  expect(rows).toEqual([{ runs: 40, names: 40, events: 40 }]);
});

test("members that cannot be planned are refused with the reason, those that cannot now are tried again", async () => {
  const catalog = await server.open();
  const batch = await submit(catalog, 3);
  let tries = 0;
  const log = keepLog();
  const outcomes: string[] = [];
  const lane = planWith(
    catalog,
    async ({ name }) => {
      if (name === "subject 1") throw new UserError("the folder is empty", { code: "no-pictures" });
      if (name === "subject 2") throw new TypeError("a bug");
      tries += 1;
      if (tries < 3) throw new TransientError("the captioner is away", { code: "unreachable", retryAfterMs: 10 });
      return planned(name);
    },
    { log, onMember: ({ outcome, seconds }) => outcomes.push(seconds >= 0 ? outcome : "never") },
  );
  const view = await allPlanned(catalog, batch);
  await lane.close();
  expect(view).toMatchObject({ state: "running", counts: { refused: 2, planned: 1 } });
  expect(view.failures.map(({ code, members }) => [code, members])).toEqual([
    ["no-pictures", ["subject 1"]],
    ["unexpected", ["subject 2"]],
  ]);
  expect(tries).toBe(3);
  expect(outcomes.sort()).toEqual(["planned", "refused", "refused", "retry", "retry"]);
  expect(JSON.stringify(log)).toContain("a run of a batch cannot be planned");
  expect(await catalog.batches.resume({ batch }, {}, "operator")).toEqual({ resumed: 0, replanned: 2 });
});

test("once planning has spent the budget of a batch, nothing more of it is planned", async () => {
  const catalog = await server.open();
  const batch = await submit(catalog, 12, 250);
  const lane = planWith(catalog, async ({ name }) => planned(name, 100));
  const view = await allPlanned(catalog, batch);
  await lane.close();
  // Three plans cost more than the budget; those under way at that moment, of four at once, are paid for too.
  expect(view.counts.planned).toBeLessThanOrEqual(3 + 3);
  expect(view.counts.planned + view.counts.refused).toBe(12);
  expect(view.failures).toMatchObject([{ code: "budget-exhausted", count: view.counts.refused }]);
  expect(view.spentMicroUsd).toBe(100 * view.counts.planned);
});
