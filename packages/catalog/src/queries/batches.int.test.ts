import type { BatchId, ErrorRecord, ProjectId, RunId } from "@loramill/contracts";
import { trialRun } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { countsOf, endRun, planAll, planOf, startAll, submitBatch } from "../../test/batches.ts";
import { charge, claimed, settlementOf, startRun } from "../../test/fixtures.ts";
import type { Catalog } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";

let server: TestServer;
let catalog: Catalog & { readonly url: string };
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
});
afterAll(() => server.stop());

const cannot: ErrorRecord = { class: "user", code: "no-pictures", message: "the folder is empty", details: {} };

const submit = (count: number, more?: Parameters<typeof submitBatch>[2]) => submitBatch(catalog, count, more);
const planned = (batch: BatchId) => planAll(catalog, batch);
const counts = (batch: BatchId) => countsOf(catalog, batch);
const end = (run: RunId, event: Parameters<typeof endRun>[2]) => endRun(catalog, run, event);
const started = (runs: readonly RunId[]) => startAll(catalog, runs);

describe("a submission", () => {
  test("is whole once it is answered, and is made once by a key", async () => {
    const request = { of: "keyed", idempotencyKey: "subjects-1" };
    const first = await submit(3, request);
    expect((await submit(3, request)).id).toBe(first.id);
    expect((await submit(3, { ...request, of: "other" })).id, "keys are a project's").not.toBe(first.id);
    await expect(submit(4, request)).rejects.toMatchObject({ code: "idempotency-conflict" });
    expect(await counts(first.id)).toEqual({ waiting: 3 });
    expect(await catalog.batches.get({ batch: first.id, project: first.project })).toMatchObject({
      ...{ name: "subjects", project: "keyed", state: "planning", total: 3, spentMicroUsd: 0, etaSeconds: null },
    });
  });

  test("gives each member one run, however many plan it at the same time", async () => {
    const { id } = await submit(24, { of: "crowded" });
    const others = [0, 1, 2].map(() => server.openAgain(catalog.url));
    const made = await Promise.all([catalog, ...others].map((each) => planAll(each, id)));
    expect(made.flat()).toHaveLength(24);
    expect(await counts(id)).toEqual({ planned: 24 });
    const { rows } = await catalog.pool.query<{ runs: number; members: number }>(
      `select (select count(*)::int from loramill.runs where batch = $1) as runs,
         (select count(distinct run)::int from loramill.batch_members where batch = $1) as members`,
      [id],
    );
    expect(rows).toEqual([{ runs: 24, members: 24 }]);
  });

  test("is planned member by member over all batches, so that a large one keeps no small one waiting", async () => {
    const large = await submit(5, { of: "fair" });
    const small = await submit(2, { of: "fair" });
    const ours = (await catalog.batches.waitingMembers(1_000)).filter(
      ({ batch }) => batch === large.id || batch === small.id,
    );
    expect(ours.map(({ batch, number }) => [batch === large.id ? "large" : "small", number])).toEqual([
      ...[
        ["large", 1],
        ["small", 1],
        ["large", 2],
        ["small", 2],
      ],
      ...[
        ["large", 3],
        ["large", 4],
        ["large", 5],
      ],
    ]);
    expect(await catalog.batches.hasWaitingMembers()).toBe(true);
  });
});

describe("a batch", () => {
  test("tells its counts, its money, its failures by code, and what its runs made", async () => {
    const { id, project } = await submit(4, { of: "told", budgetMicroUsd: 5_000 });
    const [first, second, third] = await started((await planned(id)).slice(0, 3));
    await catalog.pool.query("delete from loramill.run_events where type = 'run.created'");
    await end(second as RunId, "fail");
    await catalog.batches.refuseMember({ batch: id, number: 4 }, cannot);
    const [member] = (await catalog.batches.members(id, { state: "running" })).items;
    expect(member).toMatchObject({ state: "running", loras: [], pictures: 0, run: { spentMicroUsd: 0 } });
    const view = await catalog.batches.get({ batch: id, project });
    expect(view).toMatchObject({ state: "running", total: 4, quotedMicroUsd: 4_000, budgetMicroUsd: 5_000 });
    expect(view?.counts).toMatchObject({ running: 2, failed: 1, planned: 1, refused: 0 });
    expect(view?.etaSeconds).toBeGreaterThan(0);
    expect(view?.failures).toEqual([{ code: "broken", count: 1, message: "it broke", members: [expect.any(String)] }]);
    const page = await catalog.batches.members(id, { limit: 3 });
    expect(page.items.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect((await catalog.batches.members(id, { limit: 3, cursor: page.next ?? "" })).items).toHaveLength(1);
    await end(first as RunId, "fail");
    await end(third as RunId, "fail");
    expect((await catalog.batches.list({ project })).items).toMatchObject([{ id, state: "running" }]);
  });

  test("of another project is not there", async () => {
    const { id } = await submit(1, { of: "mine" });
    const { id: project } = await catalog.projects.ensure("theirs");
    const ref = { batch: id, project };
    expect(await catalog.batches.get(ref)).toBeNull();
    expect(await catalog.batches.cancel(ref, "key_1")).toBe("unknown");
    expect(await catalog.batches.resume(ref, {}, "key_1")).toBe("unknown");
    expect((await catalog.batches.list({ project })).items).toEqual([]);
  });

  test("that is cancelled ends what is open and begins nothing more; resumed, it goes on with all but what succeeded", async () => {
    const { id } = await submit(5, { of: "ended" });
    const waiting = (await catalog.batches.waitingMembers(1_000)).filter(({ batch }) => batch === id);
    const runs: RunId[] = [];
    for (const member of waiting.slice(0, 3)) {
      const run = await catalog.batches.startMember(member, planOf(`run ${member.number}`));
      if (run !== null) runs.push(run);
    }
    const [failed, open, alsoOpen] = await started(runs);
    await end(failed as RunId, "fail");
    expect(await catalog.batches.cancel({ batch: id }, "key_1")).toBe("requested");
    expect(await counts(id)).toEqual({ failed: 1, running: 2, cancelled: 2 });
    expect(await catalog.batches.resume({ batch: id }, {}, "key_1")).toBe("ending");
    const late = await catalog.batches.startMember(waiting[3] ?? { batch: id, number: 4 }, planOf("late"));
    expect(await catalog.runs.get({ run: late as RunId }), "planned while it was cancelled").toMatchObject({
      cancelRequested: true,
    });
    for (const run of [open, alsoOpen, late]) await end(run as RunId, "cancel");
    expect(await catalog.batches.get({ batch: id })).toMatchObject({ state: "cancelled", cancelRequested: true });
    const deadline = new Date("2030-01-01T00:00:00Z");
    expect(await catalog.batches.resume({ batch: id }, { budgetMicroUsd: 7_000, deadline }, "key_1")).toEqual({
      resumed: 4,
      replanned: 1,
    });
    expect(await catalog.batches.get({ batch: id })).toMatchObject({
      ...{ state: "planning", cancelRequested: false, budgetMicroUsd: 7_000, deadline: deadline.toISOString() },
      counts: { running: 4, waiting: 1 },
    });
    const [again] = (await catalog.batches.waitingMembers(1_000)).filter(({ batch }) => batch === id);
    expect(again?.spec.deadline).toBe(deadline.toISOString());
    expect(await catalog.runs.get({ run: open as RunId })).toMatchObject({ deadline: deadline.toISOString() });
  });

  test("resumes its failures alone, and leaves what a person cancelled", async () => {
    const { id } = await submit(3, { of: "partial" });
    const [failed, cancelled] = await started((await planned(id)).slice(0, 2));
    await end(failed as RunId, "fail");
    await catalog.runs.requestCancel({ run: cancelled as RunId });
    await end(cancelled as RunId, "cancel");
    expect(await catalog.batches.resume({ batch: id }, {}, "key_1")).toEqual({ resumed: 1, replanned: 0 });
    expect(await counts(id)).toEqual({ running: 1, cancelled: 1, planned: 1 });
  });
});

describe("the budget of a batch", () => {
  test("binds its runs together, in any order of holds and releases, and never what is beside it", async () => {
    const limit = 10_000;
    const { id, project } = await submit(6, { of: "bound", budgetMicroUsd: limit });
    const runs = await planned(id);
    for (const run of runs) await startRun(catalog, run, 4, { estimateMicroUsd: 900, release: false });
    const beside = await catalog.runs.create({ project, ...trialRun([{ name: "caption" }], { name: "beside" }) });
    await startRun(catalog, beside, 1, { estimateMicroUsd: 50_000, release: false });
    const candidates = (await catalog.dispatch.candidates({ perStep: { caption: 50 }, ageingMs: 60_000 })).filter(
      (one) => one.project === project,
    );
    expect(candidates.filter(({ batch }) => batch === id)).toHaveLength(24);
    let left = 0;
    await catalog.dispatch.releaseWithin(
      candidates.map(({ run }) => run),
      ({ batches }) => {
        expect(batches).toMatchObject([{ batch: id, limitMicroUsd: limit, spentMicroUsd: 0, reservedMicroUsd: 0 }]);
        left = Math.floor(limit / 900);
        return candidates
          .filter(({ batch }) => batch === id)
          .slice(0, left)
          .map(({ job }) => ({ job, reservesMicroUsd: null }));
      },
    );
    for (;;) {
      const owed = await catalog.dispatch.unsent(500);
      if (owed.length === 0) break;
      await catalog.dispatch.markSent(owed);
    }
    const { rows } = await catalog.pool.query<{ job: `job_${string}`; release: number }>(
      "select id as job, release from loramill.jobs where state = 'released' and project = $1",
      [project],
    );
    expect(rows).toHaveLength(left);
    const claims = await Promise.all(rows.map((delivery) => claimed(catalog, delivery)));
    const ask = (claim: (typeof claims)[number], microUsd: number) =>
      catalog.ledger.hold({ job: claim.job, epoch: claim.epoch, microUsd, charges: [] });
    const answers = await Promise.all(claims.map((claim) => ask(claim, 1_500)));
    const refused = answers.filter(({ refusedBy }) => refusedBy !== null);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.refusedBy).toMatchObject({ of: { kind: "batch", name: "subjects" }, limitMicroUsd: limit });
    const view = async () => {
      const seen = await catalog.batches.get({ batch: id });
      return (seen?.spentMicroUsd ?? 0) + (seen?.reservedMicroUsd ?? 0);
    };
    for (const [at, claim] of claims.entries()) {
      const amount = answers[at]?.refusedBy === null ? 1_500 : 900;
      const outcome = { kind: "parked", until: new Date(), turn: {} } as const;
      await catalog.ledger.settle(settlementOf(claim, outcome, { charges: [charge(amount)] }));
      // Those that were refused keep in mind what they wanted, and may not spend it.
      expect((await catalog.batches.get({ batch: id }))?.spentMicroUsd).toBeLessThanOrEqual(limit);
    }
    expect(await view()).toBeGreaterThan(limit / 2);
  });
});

test("runs that are no batch's are as they were", async () => {
  const project: ProjectId = (await catalog.projects.ensure("single")).id;
  const run = await catalog.runs.create({ project, ...trialRun([{ name: "caption" }]) });
  await startRun(catalog, run, 1, { estimateMicroUsd: 10, release: false });
  const [only] = (await catalog.dispatch.candidates({ perStep: { caption: 1 }, ageingMs: 1 })).filter(
    (one) => one.run === run,
  );
  expect(only?.batch).toBeNull();
  await catalog.dispatch.releaseWithin([run], ({ batches }) => {
    expect(batches).toEqual([]);
    return [];
  });
});
