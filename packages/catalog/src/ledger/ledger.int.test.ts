import type { ErrorRecord, JobId } from "@loramill/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { charge, claimed, settlementOf, someCaption, someDigest, someOutput, startedRun } from "../../test/fixtures.ts";
import type { Catalog } from "../index.ts";
import { startOnlyJob, startTestServer, type TestServer } from "../testing.ts";

let server: TestServer;
let catalog: Catalog & { readonly url: string };
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
});
afterAll(() => server.stop());

const failure: ErrorRecord = { class: "transient", code: "timeout", message: "too slow", details: {} };

async function jobRow(job: string) {
  const { rows } = await catalog.pool.query("select * from loramill.jobs where id = $1", [job]);
  return rows[0];
}
async function attemptsOf(job: string) {
  const { rows } = await catalog.pool.query(
    "select epoch, worker, outcome, ended_at is not null as ended from loramill.attempts where job = $1 order by epoch",
    [job],
  );
  return rows;
}
async function tally(run: Awaited<ReturnType<typeof startedRun>>) {
  return (await catalog.runs.get({ run: run.run }))?.steps[0]?.jobs;
}

describe("claim", () => {
  test("raises the epoch, hands over the input, and opens an attempt", async () => {
    const { jobs, run, step, project } = await startedRun(catalog, 1);
    const [delivery] = jobs;
    if (delivery === undefined) throw new Error("no job");
    const claim = await claimed(catalog, delivery);
    expect(claim).toEqual({
      job: delivery.job,
      name: "caption-images",
      run,
      step,
      project,
      epoch: 1,
      input: { part: someDigest(0) },
      attemptsSpent: 0,
      workersLost: 0,
      turn: null,
      cancelRequested: false,
      isReplay: false,
    });
    expect(await attemptsOf(delivery.job)).toEqual([{ epoch: 1, worker: "worker-1", outcome: null, ended: false }]);
  });

  test("refuses an older release, an ended job, another queue, and a job nobody knows", async () => {
    const { jobs } = await startedRun(catalog, 2);
    const [first, second] = jobs as [(typeof jobs)[number], (typeof jobs)[number]];
    const ask = (delivery: { job: JobId; release: number }, queue: "caption" | "train" = "caption") =>
      catalog.ledger.claim({ ...delivery, queue, worker: "w" });
    expect(await ask({ ...first, release: 0 })).toEqual({ kind: "refused", reason: "old-release" });
    expect(await ask(first, "train")).toEqual({ kind: "refused", reason: "unknown" });
    expect(await ask({ job: `job_${"0".repeat(32)}`, release: 1 })).toEqual({ kind: "refused", reason: "unknown" });
    await catalog.ledger.settle(settlementOf(await claimed(catalog, second)));
    expect(await ask(second)).toEqual({ kind: "refused", reason: "ended" });
  });

  test("of an active job counts its worker as lost and closes that attempt", async () => {
    const { jobs, run } = await startedRun(catalog, 1);
    const [delivery] = jobs as [(typeof jobs)[number]];
    await claimed(catalog, delivery, "first");
    const again = await claimed(catalog, delivery, "second");
    expect(again).toMatchObject({ epoch: 2, workersLost: 1 });
    expect(await attemptsOf(delivery.job)).toEqual([
      { epoch: 1, worker: "first", outcome: "lost", ended: true },
      { epoch: 2, worker: "second", outcome: null, ended: false },
    ]);
    const events = await catalog.events.list({ run });
    expect(events.at(-1)).toMatchObject({ type: "job.worker-lost", job: delivery.job, data: { workersLost: 1 } });
  });

  test("by many at once gives every caller an epoch of its own", async () => {
    const { jobs } = await startedRun(catalog, 1);
    const [delivery] = jobs as [(typeof jobs)[number]];
    const other = server.openAgain(catalog.url);
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, index) => claimed(index % 2 === 0 ? catalog : other, delivery, `w${index}`)),
    );
    expect(claims.map(({ epoch }) => epoch).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    const verdicts = await Promise.all(claims.map((claim) => catalog.ledger.settle(settlementOf(claim))));
    expect(verdicts.filter(({ kind }) => kind === "recorded")).toHaveLength(1);
    expect((await jobRow(delivery.job)).epoch).toBe(20);
  });
});

describe("settle", () => {
  test("records an output, closes the attempt, and counts the step's jobs", async () => {
    const run = await startedRun(catalog, 2);
    const [delivery] = run.jobs as [(typeof run.jobs)[number]];
    const claim = await claimed(catalog, delivery);
    expect(await catalog.ledger.settle(settlementOf(claim))).toEqual({ kind: "recorded", taken: [] });
    expect(await jobRow(delivery.job)).toMatchObject({ state: "succeeded", output: someOutput(delivery.job) });
    expect(await attemptsOf(delivery.job)).toEqual([
      { epoch: 1, worker: "worker-1", outcome: "succeeded", ended: true },
    ]);
    expect(await tally(run)).toEqual({ total: 2, waiting: 0, open: 1, succeeded: 1, failed: 0, cancelled: 0 });
  });

  test("of a stale epoch publishes nothing, but what it cost is kept", async () => {
    const run = await startedRun(catalog, 1);
    const [delivery] = run.jobs as [(typeof run.jobs)[number]];
    const stale = await claimed(catalog, delivery, "slow");
    const current = await claimed(catalog, delivery, "fast");
    const records = [
      { kind: "captions" as const, document: someDigest("captions"), captions: [someCaption("of the slow worker")] },
    ];
    expect(
      await catalog.ledger.settle(
        settlementOf(stale, { kind: "succeeded", output: someOutput("stale") }, { charges: [charge(300)], records }),
      ),
    ).toMatchObject({ kind: "superseded" });
    expect(await jobRow(delivery.job)).toMatchObject({ state: "active", output: null, epoch: 2 });
    expect(
      await catalog.ledger.settle(
        settlementOf(
          current,
          { kind: "succeeded", output: someOutput("current") },
          {
            charges: [charge(200)],
            records: [
              { kind: "captions", document: someDigest("captions"), captions: [someCaption("of the fast worker")] },
            ],
          },
        ),
      ),
    ).toMatchObject({ kind: "recorded" });
    expect(await jobRow(delivery.job)).toMatchObject({ state: "succeeded", output: someOutput("current") });
    const costs = await catalog.costs.get({ run: run.run });
    expect(costs).toMatchObject({ totalMicroUsd: 500, steps: [{ step: "caption", amountMicroUsd: 500, attempts: 2 }] });
    expect(costs?.entries.map(({ epoch, amountMicroUsd }) => [epoch, amountMicroUsd])).toEqual([
      [1, 300],
      [2, 200],
    ]);
    expect((await catalog.runs.get({ run: run.run }))?.spentMicroUsd).toBe(500);
    const { rows } = await catalog.pool.query("select text from loramill.captions where job = $1", [delivery.job]);
    expect(rows).toEqual([{ text: "of the fast worker" }]);
    expect(await tally(run)).toMatchObject({ open: 0, succeeded: 1 });
  });

  test("sent twice (the answer was lost) is recorded once and answered the same", async () => {
    const run = await startedRun(catalog, 1);
    const [delivery] = run.jobs as [(typeof run.jobs)[number]];
    const settlement = settlementOf(await claimed(catalog, delivery), undefined, {
      charges: [charge(10), charge(20)],
      records: [{ kind: "captions", document: someDigest("captions"), captions: [someCaption("once")] }],
    });
    expect(await catalog.ledger.settle(settlement)).toEqual({ kind: "recorded", taken: settlement.charges });
    expect(await catalog.ledger.settle(settlement)).toEqual({ kind: "recorded", taken: [] });
    const costs = await catalog.costs.get({ run: run.run });
    expect(costs?.totalMicroUsd).toBe(30);
    expect((await catalog.runs.get({ run: run.run }))?.spentMicroUsd).toBe(30);
    const { rows } = await catalog.pool.query("select text from loramill.captions where job = $1", [delivery.job]);
    expect(rows).toHaveLength(1);
    expect(await tally(run)).toMatchObject({ open: 0, succeeded: 1 });
  });

  test("takes a marked charge once per job, whichever turns report it, also one whose worker was thought lost", async () => {
    const run = await startedRun(catalog, 2);
    const [one, two] = run.jobs as [(typeof run.jobs)[number], (typeof run.jobs)[number]];
    const marked = (amount: number, mark: string) => ({ ...charge(amount), mark });
    const slow = await claimed(catalog, one, "slow");
    const next = await claimed(catalog, one, "next");
    const answers = [
      await catalog.ledger.settle(
        settlementOf(next, undefined, { charges: [marked(5, "a"), marked(7, "b"), marked(7, "b"), charge(1)] }),
      ),
      await catalog.ledger.settle(settlementOf(slow, undefined, { charges: [marked(11, "c"), marked(5, "a")] })),
      await catalog.ledger.settle(settlementOf(await claimed(catalog, two), undefined, { charges: [marked(5, "a")] })),
    ];
    expect(answers).toEqual([
      { kind: "recorded", taken: [marked(5, "a"), marked(7, "b"), charge(1)] },
      { kind: "superseded", taken: [marked(11, "c")] },
      { kind: "recorded", taken: [marked(5, "a")] },
    ]);
    const costs = await catalog.costs.get({ run: run.run });
    expect(costs?.totalMicroUsd).toBe(5 + 7 + 1 + 11 + 5);
    expect((await catalog.runs.get({ run: run.run }))?.spentMicroUsd).toBe(costs?.totalMicroUsd);
  });

  test("charges nobody but its tender for a machine whose account is closed", async () => {
    const wanted = { provider: "runpod", candidates: [], wantedFor: [], reason: "" };
    const run = await catalog.fleet.openPod({ ...wanted, name: "lm-closed" });
    await catalog.fleet.openPod({ ...wanted, name: "lm-open" });
    await catalog.pool.query("update loramill.pods set state = 'ended' where name = 'lm-closed'");
    const tender = await startOnlyJob(catalog, run, {
      ...{ name: "tend-machine", queue: "provision" },
      input: { inputs: {}, params: { pod: "lm-closed" } },
    });
    const on = (pod: string, amount: number) => ({ ...charge(amount), pod });
    const { jobs } = await startedRun(catalog, 1);
    const [job] = jobs;
    if (job === undefined) throw new Error("a job");
    const charges = [on("lm-closed", 660), on("lm-open", 5), charge(1)];
    const late = await catalog.ledger.settle(settlementOf(await claimed(catalog, job), undefined, { charges }));
    expect(late).toEqual({ kind: "recorded", taken: [on("lm-open", 5), charge(1)] });
    const rest = { charges: [on("lm-closed", 1_510)] };
    const turn = await catalog.ledger.claim({ ...tender, queue: "provision", worker: "p" });
    if (turn.kind === "refused") throw new Error(turn.reason);
    const closed = await catalog.ledger.settle(settlementOf(turn.claim, undefined, rest));
    expect(closed.taken).toHaveLength(1);
    expect(await catalog.fleet.charged("lm-closed")).toMatchObject({ microUsd: 1_510 });
  });

  test("parks without spending an attempt, forgives lost workers, and the next claim gets the turn back", async () => {
    const run = await startedRun(catalog, 1);
    const [delivery] = run.jobs as [(typeof run.jobs)[number]];
    const until = new Date(Date.now() + 60_000);
    const turn = { remote: "r-1", step: 40 };
    await claimed(catalog, delivery, "lost");
    const claim = await claimed(catalog, delivery);
    expect(claim.workersLost).toBe(1);
    await catalog.ledger.settle(settlementOf(claim, { kind: "parked", until, turn }));
    expect(await jobRow(delivery.job)).toMatchObject({ state: "parked", not_before: until, attempts_spent: 0 });
    expect(await tally(run)).toMatchObject({ open: 1 });
    expect(await claimed(catalog, delivery)).toMatchObject({ epoch: 3, turn, attemptsSpent: 0, workersLost: 0 });
  });

  test("keeps the error of a retry and counts the attempt where it was spent", async () => {
    const run = await startedRun(catalog, 1);
    const [delivery] = run.jobs as [(typeof run.jobs)[number]];
    const retry = { kind: "retrying", until: new Date(), error: failure, turn: { at: 1 } } as const;
    await catalog.ledger.settle(settlementOf(await claimed(catalog, delivery), { ...retry, spendsAttempt: true }));
    await catalog.ledger.settle(settlementOf(await claimed(catalog, delivery), { ...retry, spendsAttempt: false }));
    const third = await claimed(catalog, delivery);
    expect(third).toMatchObject({ attemptsSpent: 1, turn: { at: 1 } });
    const view = await catalog.jobs.get({ job: delivery.job });
    expect(view).toMatchObject({ state: "active", error: failure, worker: "worker-1" });
    // What the attempts were spent on is behind a job whose turn ended well.
    await catalog.ledger.settle(settlementOf(third, { kind: "parked", until: new Date(), turn: { at: 2 } }));
    expect(await claimed(catalog, delivery)).toMatchObject({ attemptsSpent: 0 });
  });

  test("fails, cancels, quarantines and recalls, each with its counter", async () => {
    const run = await startedRun(catalog, 4);
    const claims = await Promise.all(run.jobs.map((delivery) => claimed(catalog, delivery)));
    const [failed, cancelled, poisoned, recalled] = claims as [
      (typeof claims)[0],
      (typeof claims)[0],
      (typeof claims)[0],
      (typeof claims)[0],
    ];
    await Promise.all([
      catalog.ledger.settle(settlementOf(failed, { kind: "failed", error: failure })),
      catalog.ledger.settle(settlementOf(cancelled, { kind: "cancelled" })),
      catalog.ledger.settle(settlementOf(poisoned, { kind: "quarantined", error: failure })),
      catalog.ledger.settle(settlementOf(recalled, { kind: "recalled", turn: { kept: true } })),
    ]);
    expect(await tally(run)).toEqual({ total: 4, waiting: 1, open: 0, succeeded: 0, failed: 2, cancelled: 1 });
    expect(await jobRow(recalled.job)).toMatchObject({ state: "waiting", turn: { kept: true }, enqueued_at: null });
    const quarantined = await catalog.quarantine.list({ run: run.run });
    expect(quarantined.items).toMatchObject([{ job: poisoned.job, queue: "caption", reason: "too slow" }]);
  });

  test("keeps counters right while two processes settle the jobs of the same steps at once", async () => {
    const other = server.openAgain(catalog.url);
    const runs = await Promise.all([startedRun(catalog, 150), startedRun(catalog, 150)]);
    const deliveries = runs.flatMap(({ jobs }) => jobs).sort(() => Math.random() - 0.5);
    await Promise.all(
      deliveries.map(async (delivery, index) => {
        const mine = index % 2 === 0 ? catalog : other;
        const claim = await claimed(mine, delivery);
        const outcome = index % 5 === 0 ? ({ kind: "failed", error: failure } as const) : undefined;
        await mine.ledger.settle(settlementOf(claim, outcome, { charges: [charge(1)] }));
      }),
    );
    for (const run of runs) {
      const { rows } = await catalog.pool.query(
        `select count(*) filter (where state = 'succeeded')::int as succeeded,
           count(*) filter (where state = 'failed')::int as failed from loramill.jobs where run = $1`,
        [run.run],
      );
      expect(await tally(run)).toEqual({ total: 150, waiting: 0, open: 0, cancelled: 0, ...rows[0] });
      const view = await catalog.runs.get({ run: run.run });
      expect(view?.spentMicroUsd).toBe(150);
      expect((await catalog.costs.get({ run: run.run }))?.totalMicroUsd).toBe(150);
    }
  });
});

describe("heartbeat", () => {
  test("says to go on, to stop when cancel was asked for, and to let go when somebody else has the job", async () => {
    const run = await startedRun(catalog, 3);
    const [a, b, c] = await Promise.all(run.jobs.map((delivery) => claimed(catalog, delivery)));
    if (!a || !b || !c) throw new Error("no claims");
    await claimed(catalog, { job: b.job, release: 1 }, "another");
    await catalog.pool.query("update loramill.jobs set cancel_requested_at = now() where id = $1", [c.job]);
    const verdicts = await catalog.ledger.heartbeat([
      { job: a.job, epoch: a.epoch, progress: { step: 3, totalSteps: 9 } },
      { job: b.job, epoch: b.epoch },
      { job: c.job, epoch: c.epoch },
      { job: `job_${"f".repeat(32)}`, epoch: 1 },
    ]);
    expect([...verdicts.values()]).toEqual(["continue", "superseded", "cancel", "superseded"]);
    const view = await catalog.runs.get({ run: run.run });
    expect(view?.steps[0]?.progress).toEqual({ step: 3, totalSteps: 9 });
    expect((await catalog.events.list({ run: run.run })).at(-1)).toMatchObject({
      type: "job.progress",
      step: "caption",
      job: a.job,
      data: { step: 3 },
    });
  });
});

describe("events and quarantine", () => {
  test("keep the order of a run's events while several processes write them", async () => {
    const run = await startedRun(catalog, 1);
    const other = server.openAgain(catalog.url);
    const seen: number[] = [];
    let done = false;
    const reader = (async () => {
      let after = 0;
      for (;;) {
        const last = done;
        const events = await catalog.events.list({ run: run.run, after });
        for (const event of events) seen.push(event.id);
        after = events.at(-1)?.id ?? after;
        if (last && events.length === 0) return;
      }
    })();
    await Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 200));
        await (index % 2 ? catalog : other).ledger.emit({
          run: run.run,
          step: run.step,
          type: "lora.note",
          data: { index },
        });
      }),
    );
    done = true;
    await reader;
    const all = await catalog.events.list({ run: run.run, limit: 1_000 });
    expect(seen).toEqual(all.map(({ id }) => id));
    expect(all.filter(({ type }) => type === "lora.note")).toHaveLength(300);
  });

  test("keep a delivery that nobody can read", async () => {
    await catalog.ledger.quarantineDelivery({ queue: "train", queueId: "x", payload: "\u0000{", reason: "not ours" });
    const { items } = await catalog.quarantine.list({ limit: 1 });
    expect(items).toMatchObject([{ queue: "train", queueId: "x", payload: "{", reason: "not ours", run: null }]);
  });
});
