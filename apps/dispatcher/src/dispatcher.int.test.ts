import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import { PermanentError, toErrorRecord } from "@loramill/contracts";
import { type TrialStep, waitUntil } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { doneWith, openBench, trialPart } from "../test/bench.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const failed = (message: string) =>
  ({ kind: "failed", error: toErrorRecord(new PermanentError(message, { code: "broken" })) }) as const;

describe("a run from submit to its end", () => {
  test("goes through its steps, fans out over parts, and composes outputs in job order", async () => {
    await using bench = await openBench(server);
    const run = await bench.submit([
      { name: "source", kind: "source", job: "index-source" },
      {
        name: "prepare",
        kind: "prepare",
        job: "prepare-images",
        needs: ["source"],
        fanOut: { type: "parts", of: "source" },
      },
      { name: "generate", kind: "generate", job: "generate-images", needs: ["prepare"] },
    ]);
    const parts = [trialPart(1), trialPart(2), trialPart(3)];
    const listing = await bench.documents.put("parts", { parts });
    bench.work(async ({ name, input }) => {
      if (name === "index-source") return { digest: listing, shape: "parts", items: 150, summary: { found: 150 } };
      if (name !== "prepare-images") return doneWith("picture");
      const { part } = input as { part: string };
      return { ...doneWith(`prepared ${part}`), items: 50, summary: { kept: 50, bytes: { png: 2 } } };
    });
    const view = await bench.ended(run);
    expect(view.state).toBe("succeeded");
    const [source, prepare, generate] = view.steps;
    expect(source).toMatchObject({ state: "succeeded", output: listing, items: 150 });
    expect(prepare).toMatchObject({
      state: "succeeded",
      items: 150,
      summary: { kept: 150, bytes: { png: 6 } },
      jobs: { total: 3, succeeded: 3, open: 0, waiting: 0 },
    });
    expect(await bench.documents.get("parts", prepare?.output ?? "")).toEqual({
      parts: parts.map((part) => trialPart(`prepared ${part}`)),
    });
    expect(generate?.state).toBe("succeeded");
    const types = (await bench.catalog.events.list({ run })).map((event) => event.type);
    expect(types[0]).toBe("run.created");
    expect(types.at(-1)).toBe("run.succeeded");
    expect(types.filter((type) => type === "step.succeeded")).toHaveLength(3);
  });

  test("is in the queue at once, though the dispatcher looks by itself only once an hour", async () => {
    const hour = 3_600_000;
    await using bench = await openBench(server, { idleTickMs: hour, tickMs: hour, sweepMs: hour });
    await waitUntil("the dispatcher to lead", () => bench.dispatchers[0]?.isLeader());
    // Its first look is over when a first run has gone through.
    const first = await bench.submit([{ name: "caption", params: { run: 1 } }]);
    await waitUntil("the first delivery", () => bench.producer.size === 1);
    await bench.submit([{ name: "caption", params: { run: 2 } }]);
    await waitUntil("the second delivery", () => bench.producer.size === 2);
    expect((await bench.view(first)).state).toBe("running");
  });

  test("has a step without jobs when there is nothing to work on", async () => {
    await using bench = await openBench(server);
    const run = await bench.submit([
      { name: "source", kind: "source", job: "index-source" },
      { name: "caption", needs: ["source"], fanOut: { type: "parts", of: "source" } },
    ]);
    const listing = await bench.documents.put("parts", { parts: [] });
    bench.work(async () => ({ digest: listing, shape: "parts", items: 0, summary: {} }));
    const view = await bench.ended(run);
    expect(view).toMatchObject({
      state: "succeeded",
      steps: [{}, { state: "succeeded", items: 0, jobs: { total: 0 } }],
    });
  });

  test("fails with the error of its step, and what needed the step is not done", async () => {
    await using bench = await openBench(server);
    const run = await bench.submit([{ name: "caption" }, { name: "train", needs: ["caption"] }]);
    bench.work(async () => failed("it broke"));
    expect(await bench.ended(run)).toMatchObject({
      state: "failed",
      error: { code: "broken", message: "it broke" },
      steps: [{ state: "failed" }, { state: "cancelled" }],
    });
  });

  test("fails where its plan cannot be turned into jobs", async () => {
    await using bench = await openBench(server);
    const run = await bench.submit([{ name: "caption", job: "job-of-tomorrow" }]);
    expect(await bench.ended(run)).toMatchObject({ state: "failed", error: { code: "unknown-job" } });
  });

  test("goes on after a resume with what had not succeeded", async () => {
    await using bench = await openBench(server);
    const range = { name: "generate", kind: "generate", job: "generate-images" } as const;
    const run = await bench.submit([{ ...range, fanOut: { type: "range", items: 40, perJob: 10 } }], {
      policy: { failedItems: "fail" },
    });
    let broken = true;
    const done: number[] = [];
    bench.work(async ({ input }) => {
      const { from } = input as { from: number };
      if (from === 20 && broken) return failed("out of paper");
      done.push(from);
      return doneWith(from);
    });
    expect((await bench.ended(run)).state).toBe("failed");
    broken = false;
    expect(await bench.catalog.runs.resume({ run })).toBe("resumed");
    const view = await waitUntil("the run to succeed", async () => {
      const seen = await bench.view(run);
      return seen.state === "succeeded" ? seen : undefined;
    });
    expect(done.sort((a, b) => a - b)).toEqual([0, 10, 20, 30]);
    const { parts } = await bench.documents.get("parts", view.steps[0]?.output ?? "");
    expect(parts).toEqual([0, 10, 20, 30].map(trialPart));
  });
});

describe("results by key", () => {
  const caption: TrialStep = { name: "caption", params: { style: "plain" } };
  const train: TrialStep = {
    name: "train",
    kind: "train",
    job: "train-lora",
    needs: ["caption"],
    params: { rank: 4 },
  };
  const steps = [caption, train];

  test("are taken by a resumed run too, whose own jobs are then called off and wait no more", async () => {
    await using bench = await openBench(server);
    let broken = true;
    bench.work(async () => (broken ? failed("out of paper") : doneWith("caption")));
    const first = await bench.submit([caption], { name: "first" });
    expect((await bench.ended(first)).state).toBe("failed");
    broken = false;
    expect((await bench.ended(await bench.submit([caption], { name: "second" }))).state).toBe("succeeded");
    expect(await bench.catalog.runs.resume({ run: first })).toBe("resumed");
    const resumed = await waitUntil("the run to succeed", async () => {
      const seen = await bench.view(first);
      return seen.state === "succeeded" ? seen : undefined;
    });
    expect(resumed.steps).toMatchObject([
      { state: "reused", jobs: { total: 1, waiting: 0, open: 0, succeeded: 0, failed: 0, cancelled: 1 } },
    ]);
    expect(await bench.catalog.dispatch.backlog()).toEqual([]);
  });

  test("are taken by the next run, which says from where", async () => {
    await using bench = await openBench(server);
    let worked = 0;
    bench.work(async ({ name }) => {
      worked += 1;
      return doneWith(name);
    });
    const first = await bench.ended(await bench.submit(steps, { name: "first" }));
    const second = await bench.ended(await bench.submit(steps, { name: "second" }));
    expect(worked).toBe(2);
    expect(second.state).toBe("succeeded");
    for (const [index, step] of second.steps.entries()) {
      expect(step).toMatchObject({
        state: "reused",
        output: first.steps[index]?.output,
        key: first.steps[index]?.key,
        reusedFrom: { run: first.id, step: first.steps[index]?.id },
      });
      expect(step.reason).toContain("first");
    }
  });

  test("are made again where the parameters differ, saying what differs", async () => {
    await using bench = await openBench(server);
    bench.work(async ({ name, input }) => doneWith(`${name} ${JSON.stringify(input)}`));
    await bench.ended(await bench.submit(steps));
    const view = await bench.ended(await bench.submit([caption, { ...train, params: { rank: 8 } }]));
    expect(view.steps.map(({ state }) => state)).toEqual(["reused", "succeeded"]);
    expect(view.steps[1]?.reason).toMatch(/rank \(4 then, 8 now\)/);
  });

  test("are made again when the policy says so, or when their output is no longer stored", async () => {
    await using bench = await openBench(server);
    bench.work(async ({ name }) => doneWith(name));
    const first = await bench.ended(await bench.submit(steps));
    const second = await bench.ended(await bench.submit(steps, { policy: { reuse: false } }));
    expect(second.steps.map(({ state }) => state)).toEqual(["succeeded", "succeeded"]);
    bench.documents.drop(first.steps[0]?.output ?? "");
    const third = await bench.ended(await bench.submit(steps));
    expect(third.steps.map(({ state }) => state)).toEqual(["succeeded", "reused"]);
    expect(third.steps[0]?.reason).toContain("no longer stored");
  });

  test("are waited for while another run makes them, and not made twice", async () => {
    await using bench = await openBench(server);
    const first = await bench.submit([caption], { name: "first" });
    const [delivery] = await waitUntil("a delivery", () =>
      bench.producer.size > 0 ? bench.producer.due() : undefined,
    );
    const second = await bench.submit([caption], { name: "second" });
    const waiting = await waitUntil("the second to wait", async () => {
      const step = (await bench.view(second)).steps[0];
      return step?.reason ? step : undefined;
    });
    expect(waiting).toMatchObject({ state: "ready", reason: expect.stringContaining("first") });
    expect(bench.producer.accepted).toHaveLength(1);
    if (delivery) await bench.workOn(delivery, async () => doneWith("caption"));
    expect((await bench.ended(first)).state).toBe("succeeded");
    expect(await bench.ended(second)).toMatchObject({ state: "succeeded", steps: [{ state: "reused" }] });
    expect(bench.producer.accepted).toHaveLength(1);
  });

  test("that did not come are made by the run that waited", async () => {
    await using bench = await openBench(server);
    const first = await bench.submit([caption], { name: "first" });
    const second = await bench.submit([caption], { name: "second" });
    let calls = 0;
    bench.work(async () => {
      calls += 1;
      return calls === 1 ? failed("not today") : doneWith("caption");
    });
    const states = [(await bench.ended(first)).state, (await bench.ended(second)).state];
    expect(states.sort()).toEqual(["failed", "succeeded"]);
  });
});

describe("budgets", () => {
  const priced = (microUsd: number, jobs: number) => ({
    name: "generate",
    kind: "generate" as const,
    job: "generate-images",
    fanOut: { type: "range" as const, items: jobs, perJob: 1 },
    estimate: { items: jobs, seconds: 1, microUsd: microUsd * jobs },
  });

  test("are reserved before they are spent, and a run that cannot go on is exhausted; more budget takes it up again", async () => {
    await using bench = await openBench(server);
    const run = await bench.submit([priced(100, 5)], { budgetMicroUsd: 250 });
    let [working, most] = [0, 0];
    bench.work(async ({ input }) => {
      working += 1;
      most = Math.max(most, working);
      await new Promise((resolve) => setTimeout(resolve, 100));
      working -= 1;
      const { from } = input as { from: number };
      return { kind: "succeeded", output: doneWith(from), charges: [spent(100)] } as const;
    });
    const view = await bench.ended(run);
    expect(view).toMatchObject({ state: "exhausted", spentMicroUsd: 200, error: { code: "budget-exhausted" } });
    expect(most).toBeLessThanOrEqual(2);
    expect(view.steps[0]?.jobs).toMatchObject({ succeeded: 2, cancelled: 3 });
    await bench.catalog.runs.resume({ run, budgetMicroUsd: 500 });
    const resumed = await waitUntil("the run to succeed", async () => {
      const seen = await bench.view(run);
      return seen.state === "succeeded" ? seen : undefined;
    });
    expect(resumed).toMatchObject({ spentMicroUsd: 500, steps: [{ jobs: { succeeded: 5 } }] });
  });

  test("and a day's ceiling holds jobs back until it begins anew; one in all exhausts the run", async () => {
    await using bench = await openBench(server);
    const { ceilings, pool, projects } = bench.catalog;
    const project = (await projects.ensure("default")).id;
    await ceilings.set({ project, period: "day" }, 250);
    bench.work(async ({ input }) => {
      return { kind: "succeeded", output: doneWith((input as { from: number }).from), charges: [spent(100)] } as const;
    });
    const run = await bench.submit([priced(100, 6)]);
    const succeeded = async (count: number) =>
      waitUntil(`${count} jobs to succeed`, async () => {
        const seen = await bench.view(run);
        // The run is read before its steps.
        return seen.steps[0]?.jobs.succeeded === count && seen.spentMicroUsd === 100 * count ? seen : undefined;
      });
    expect(await succeeded(2)).toMatchObject({ state: "running" });
    const waiting = await bench.catalog.jobs.list({ run, state: "waiting" });
    expect(waiting.items[0]?.waitReason).toContain("a day of project default has no room: $0.0002 is spent");
    await pool.query("update loramill.spending set period = '2001-01-01' where period <> 'total'");
    expect(await succeeded(4)).toMatchObject({ state: "running" });
    await ceilings.set({ project, period: "total" }, 420);
    await pool.query("delete from loramill.spending where period not in ('total', '2001-01-01')");
    expect(await bench.ended(run)).toMatchObject({
      state: "exhausted",
      spentMicroUsd: 400,
      error: { code: "ceiling-reached" },
    });
  });

  test("and a deadline that passes ends a run, which goes on with a later one", async () => {
    await using bench = await openBench(server);
    const run = await bench.submit([priced(1, 2)], { deadline: new Date(Date.now() - 1_000).toISOString() });
    expect(await bench.ended(run)).toMatchObject({ state: "exhausted", error: { code: "deadline-passed" } });
    bench.work(async ({ input }) => doneWith((input as { from: number }).from));
    await bench.catalog.runs.resume({ run, deadline: new Date(Date.now() + 3_600_000) });
    await waitUntil("the run to succeed", async () =>
      (await bench.view(run)).state === "succeeded" ? true : undefined,
    );
  });

  test("of one run do not hold up another", async () => {
    await using bench = await openBench(server);
    bench.work(async ({ input }) => doneWith((input as { from: number }).from));
    const poor = await bench.submit([{ ...priced(100, 2), params: { poor: true } }], { budgetMicroUsd: 50 });
    const rich = await bench.submit([priced(100, 2)]);
    expect((await bench.ended(rich)).state).toBe("succeeded");
    expect((await bench.ended(poor)).state).toBe("exhausted");
  });
});

describe("cancel", () => {
  const many = {
    name: "generate",
    kind: "generate" as const,
    job: "generate-images",
    fanOut: { type: "range" as const, items: 6, perJob: 1 },
  };

  test("ends what waits or lies in the queue at once, and reaches what is at work by its heartbeat", async () => {
    await using bench = await openBench(server, { windows: { generate: 3 }, cancelGraceMs: 600_000 });
    const run = await bench.submit([many, { name: "caption", needs: ["generate"] }]);
    const deliveries = await waitUntil("three deliveries", () =>
      bench.producer.size === 3 ? bench.producer.due() : undefined,
    );
    const [active, parked] = deliveries;
    if (!active || !parked) throw new Error("no deliveries");
    const answer = await bench.catalog.ledger.claim({ ...active, queue: "generate", worker: "w" });
    if (answer.kind !== "claimed") throw new Error("not claimed");
    const until = new Date(Date.now() + 3_600_000);
    await bench.workOn(parked, async () => ({ kind: "parked", until, turn: { remote: "r-1" } }));
    await bench.catalog.runs.requestCancel({ run });
    const beat = { job: active.job, epoch: answer.claim.epoch };
    await waitUntil("the heartbeat to say cancel", async () => {
      const verdicts = await bench.catalog.ledger.heartbeat([beat]);
      return verdicts.get(active.job) === "cancel";
    });
    // The heartbeat knows of the cancel before the dispatcher has looked.
    const counts = await waitUntil("what waits to be cancelled", async () => {
      const jobs = (await bench.view(run)).steps[0]?.jobs;
      return jobs?.waiting === 0 ? jobs : undefined;
    });
    expect(counts).toMatchObject({ waiting: 0, cancelled: 4, open: 2 });
    // A turn has left something behind elsewhere: a worker gets the job at once to end it.
    const again = await waitUntil("the parked job to come back", () =>
      bench.producer.due().find(({ job, release }) => job === parked.job && release === 2),
    );
    await bench.workOn(again, async (claim) => {
      expect(claim).toMatchObject({ cancelRequested: true, turn: { remote: "r-1" } });
      return { kind: "cancelled" };
    });
    await bench.catalog.ledger.settle({
      ...beat,
      kind: "cancelled",
      startedAt: new Date(),
      endedAt: new Date(),
      charges: [],
      records: [],
    });
    expect(await bench.ended(run)).toMatchObject({
      state: "cancelled",
      error: { code: "cancelled" },
      steps: [{ state: "cancelled", jobs: { cancelled: 6, open: 0 } }, { state: "cancelled" }],
    });
  });

  test("does not wait for ever for a worker that nobody runs", async () => {
    await using bench = await openBench(server);
    const run = await bench.submit([{ name: "caption" }]);
    const [delivery] = await waitUntil("a delivery", () =>
      bench.producer.size > 0 ? bench.producer.due() : undefined,
    );
    if (!delivery) throw new Error("no delivery");
    const until = new Date(Date.now() + 3_600_000);
    await bench.workOn(delivery, async () => ({ kind: "parked", until, turn: { remote: "r-1" } }));
    await bench.catalog.runs.requestCancel({ run });
    expect((await bench.ended(run)).state).toBe("cancelled");
    const { items } = await bench.catalog.jobs.list({ run });
    expect(items).toMatchObject([
      { state: "cancelled", error: { code: "cancelled", message: expect.stringContaining("no worker came to end") } },
    ]);
    expect(bench.log.lines.filter(({ message }) => message.startsWith("no worker came"))).toHaveLength(1);
  });

  test("of a run that was never started ends it", async () => {
    await using bench = await openBench(server, { dispatchers: 0 });
    const run = await bench.submit([{ name: "caption" }]);
    await bench.catalog.runs.requestCancel({ run });
    bench.startDispatcher();
    expect(await bench.ended(run)).toMatchObject({ state: "cancelled", steps: [{ state: "cancelled" }] });
    expect(bench.producer.accepted).toEqual([]);
  });
});

const spent = (amountMicroUsd: number) => ({
  kind: "generation" as const,
  supplier: "test",
  quantity: 1,
  unit: "image" as const,
  amountMicroUsd,
  note: "",
});
