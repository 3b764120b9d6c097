import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import { TransientError, toErrorRecord } from "@loramill/contracts";
import { waitUntil } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { doneWith, openBench } from "../test/bench.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const many = (items: number) => ({
  name: "generate",
  kind: "generate" as const,
  job: "generate-images",
  fanOut: { type: "range" as const, items, perJob: 1 },
});

describe("between catalog and queue", () => {
  test("a crash after marking and before adding loses nothing", async () => {
    await using bench = await openBench(server, { dispatchers: 0 });
    const run = await bench.submit([many(5)]);
    bench.producer.away = true; // Marks are written; nothing gets through.
    const crashed = bench.startDispatcher();
    await waitUntil("the jobs to be released", async () => (await bench.view(run)).steps[0]?.jobs.open === 5);
    await crashed.stop();
    expect(bench.producer.accepted).toEqual([]);
    bench.producer.away = false;
    bench.startDispatcher();
    bench.work(async ({ input }) => doneWith((input as { from: number }).from));
    expect((await bench.ended(run)).steps[0]?.jobs.succeeded).toBe(5);
    expect(bench.producer.accepted).toHaveLength(5);
  });

  test("a crash after adding and before noting it doubles nothing", async () => {
    await using bench = await openBench(server);
    let crashes = 3;
    bench.producer.afterAdd = () => {
      crashes -= 1;
      if (crashes >= 0) throw new Error("the connection was cut after the command");
    };
    const run = await bench.submit([many(5)]);
    await waitUntil(
      "the marks to be written",
      async () => (await bench.catalog.dispatch.unsent(10)).length === 0 && crashes < 0,
    );
    expect(bench.producer.accepted).toHaveLength(5);
    bench.work(async ({ input }) => doneWith((input as { from: number }).from));
    const view = await bench.ended(run);
    expect(view.state).toBe("succeeded");
    expect((await bench.catalog.costs.get({ run }))?.steps[0]?.attempts).toBe(5);
  });

  test("an emptied queue is filled again from the catalog, and every job is done once", async () => {
    await using bench = await openBench(server);
    const run = await bench.submit([many(40)]);
    await waitUntil("all deliveries", () => bench.producer.size === 40);
    const [parked] = bench.producer.due();
    if (!parked) throw new Error("no delivery");
    const until = new Date(Date.now() + 1_000);
    await bench.workOn(parked, async () => ({ kind: "parked", until, turn: { at: 1 } }));
    bench.producer.flush();
    await waitUntil("the deliveries to be back", () => bench.producer.size === 40);
    const turns = new Map<string, unknown>();
    bench.work(async ({ job, turn, input }) => {
      turns.set(job, turn);
      return doneWith((input as { from: number }).from);
    });
    const view = await bench.ended(run);
    expect(view.steps[0]?.jobs).toMatchObject({ total: 40, succeeded: 40 });
    expect(turns.get(parked.job)).toEqual({ at: 1 });
    expect((await bench.catalog.costs.get({ run }))?.steps[0]?.attempts).toBe(41);
    expect(bench.log.lines.some(({ message }) => message.includes("lost jobs"))).toBe(true);
  });

  test("a queue that is away keeps no run from being cancelled, and work goes on when it is back", async () => {
    await using bench = await openBench(server);
    bench.producer.away = true;
    const lost = await bench.submit([{ ...many(3), params: { a: 1 } }]);
    const kept = await bench.submit([many(3)]);
    await waitUntil("jobs to be owed", async () => (await bench.catalog.dispatch.unsent(10)).length === 6);
    await bench.catalog.runs.requestCancel({ run: lost });
    expect((await bench.ended(lost)).state).toBe("cancelled");
    bench.producer.away = false;
    bench.work(async ({ input }) => doneWith((input as { from: number }).from));
    expect((await bench.ended(kept)).state).toBe("succeeded");
    expect(bench.producer.accepted).toHaveLength(3);
  });

  test("a worker that vanished together with its delivery is noticed by its silence", async () => {
    await using bench = await openBench(server);
    const run = await bench.submit([many(1)]);
    const [delivery] = await waitUntil("a delivery", () =>
      bench.producer.size > 0 ? bench.producer.due() : undefined,
    );
    if (!delivery) throw new Error("no delivery");
    await bench.workOn(delivery, async () => undefined);
    bench.producer.flush();
    const again = await waitUntil("another delivery", () => bench.producer.due()[0]);
    expect(again).toEqual({ job: delivery.job, release: 2 });
    await bench.workOn(again, async (claim) => {
      expect(claim).toMatchObject({ workersLost: 1, epoch: 2 });
      return doneWith("picture");
    });
    expect((await bench.ended(run)).state).toBe("succeeded");
  });

  test("a busy worker whose delivery was flushed keeps its job as long as it beats", async () => {
    await using bench = await openBench(server, { dispatchers: 0 });
    const { dispatch, ledger, pool } = bench.catalog;
    let looks = 0;
    const inQueue: typeof dispatch.inQueue = async (page) => {
      const seen = await dispatch.inQueue(page);
      if (page.queue === "generate") looks += 1;
      return seen;
    };
    bench.startDispatcher({ silentMs: 60_000 }, { ...bench.catalog, dispatch: { ...dispatch, inQueue } });
    const run = await bench.submit([many(1)]);
    const [delivery] = await waitUntil("a delivery", () =>
      bench.producer.size > 0 ? bench.producer.due() : undefined,
    );
    if (!delivery) throw new Error("no delivery");
    await bench.workOn(delivery, async ({ job, epoch }) => {
      bench.producer.flush();
      for (let beats = 0; beats < 4; beats += 1) {
        expect((await ledger.heartbeat([{ job, epoch }])).get(job)).toBe("continue");
        // More than half of the time that silence may last goes by between two of them.
        await pool.query("update loramill.jobs set heartbeat_at = heartbeat_at - interval '40 s' where id = $1", [job]);
        const before = looks;
        await waitUntil("two looks at the queue", () => looks >= before + 2);
      }
      return doneWith("picture");
    });
    expect((await bench.ended(run)).state).toBe("succeeded");
    expect(bench.producer.accepted).toHaveLength(1);
  });
});

describe("an object store that is away", () => {
  test("holds up only the runs that need it, and they go on when it is back", async () => {
    await using bench = await openBench(server);
    bench.work(async ({ input }) => doneWith(JSON.stringify(input)));
    const put = bench.documents.put;
    bench.documents.put = async () => {
      throw new TransientError("503", { code: "object-store-unavailable" });
    };
    const waiting = await bench.submit([many(2)]);
    await waitUntil("its jobs to be done", async () => (await bench.view(waiting)).steps[0]?.jobs.succeeded === 2);
    const other = await bench.submit([{ ...many(3), params: { a: 1 } }]);
    await waitUntil(
      "the other's jobs to be done",
      async () => (await bench.view(other)).steps[0]?.jobs.succeeded === 3,
    );
    expect((await bench.view(waiting)).steps[0]?.state).toBe("running");
    bench.documents.put = put;
    expect((await bench.ended(waiting)).state).toBe("succeeded");
    expect((await bench.ended(other)).state).toBe("succeeded");
  });

  test("with a fault that stays fails the step in the end, and nothing else", async () => {
    await using bench = await openBench(server, { patienceMs: 500 });
    bench.work(async ({ input }) => doneWith(JSON.stringify(input)));
    const put = bench.documents.put;
    bench.documents.put = async () => {
      throw new TypeError("a fault of ours");
    };
    const broken = await bench.submit([many(2)]);
    expect(await bench.ended(broken)).toMatchObject({ state: "failed", error: { class: "bug" } });
    bench.documents.put = put;
    expect((await bench.ended(await bench.submit([many(2)]))).state).toBe("succeeded");
  });
});

describe("leadership", () => {
  test("is one dispatcher's at a time, and passes on when the leader ends", async () => {
    await using bench = await openBench(server, { dispatchers: 0 });
    const first = bench.startDispatcher();
    await waitUntil("the first to lead", () => first.isLeader());
    const second = bench.startDispatcher({}, server.openAgain(bench.url));
    const run = await bench.submit([many(3)]);
    await waitUntil("deliveries", () => bench.producer.size === 3);
    expect([first.isLeader(), second.isLeader()]).toEqual([true, false]);
    await first.stop();
    await first.stop();
    expect(first.isLeader()).toBe(false);
    await waitUntil("the second to lead", () => second.isLeader());
    bench.work(async ({ input }) => doneWith((input as { from: number }).from));
    expect((await bench.ended(run)).state).toBe("succeeded");
  });

  test("passes on when the leader's connection is cut, and work goes on without loss", async () => {
    await using bench = await openBench(server, { dispatchers: 2 });
    await waitUntil("a leader", () => bench.dispatchers.some((dispatcher) => dispatcher.isLeader()));
    const run = await bench.submit([many(30)]);
    bench.work(async ({ input }) => doneWith((input as { from: number }).from));
    // No other advisory lock: workers hold one of their run while they settle.
    const cut = () =>
      bench.catalog.pool.query(
        `select pg_terminate_backend(l.pid) from pg_locks l join pg_database d on d.oid = l.database
         where l.locktype = 'advisory' and d.datname = current_database()
           and (l.classid::bigint << 32) | l.objid::bigint = hashtextextended('loramill dispatcher', 0)`,
      );
    for (let cuts = 0; cuts < 3; cuts += 1) {
      await waitUntil("a leader, whose connection is cut", async () => (await cut()).rowCount === 1);
    }
    const view = await bench.ended(run);
    expect(view.steps[0]?.jobs).toMatchObject({ total: 30, succeeded: 30 });
    expect((await bench.catalog.costs.get({ run }))?.steps[0]?.attempts).toBe(30);
  });
});

describe("windows and shares", () => {
  test("jobs that no agent can take are counted as starved until one takes them, and those of other backends never", async () => {
    await using bench = await openBench(server);
    const ofBackend = (backend: string) => ({ ...many(2), name: backend, params: { backend } });
    const run = await bench.submit([ofBackend("agent"), ofBackend("comfyui")]);
    await waitUntil("all deliveries", () => bench.producer.size === 4);
    const deliveries = bench.producer.due();
    const busy = toErrorRecord(new TransientError("no agent is free", { code: "capacity" }));
    const later = new Date(Date.now() + 60_000);
    const work = async (isBusy: boolean) => {
      for (const delivery of deliveries) {
        await bench.workOn(delivery, async ({ input }) => {
          if (isBusy) return { kind: "retrying", until: later, error: busy, spendsAttempt: false, turn: null };
          return doneWith((input as { from: number }).from);
        });
      }
    };
    await work(true);
    expect(await bench.dispatchers[0]?.backlog()).toMatchObject([{ parked: 4, due: 0, starved: 2, active: 0 }]);
    await work(false);
    expect((await bench.ended(run)).state).toBe("succeeded");
    expect(await bench.dispatchers[0]?.backlog()).toEqual([]);
  });

  test("are never exceeded, and the backlog says what waits", async () => {
    await using bench = await openBench(server, { windows: { generate: 4 } });
    const run = await bench.submit([many(20)]);
    await waitUntil("the window to be full", () => bench.producer.size === 4);
    expect(await bench.dispatchers[0]?.backlog()).toMatchObject([
      { queue: "generate", waiting: 16, released: 4, active: 0 },
    ]);
    let [open, most] = [0, 0];
    bench.work(async ({ input }) => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setTimeout(resolve, 20));
      open -= 1;
      return doneWith((input as { from: number }).from);
    });
    expect((await bench.ended(run)).state).toBe("succeeded");
    expect(most).toBeLessThanOrEqual(4);
    expect(await bench.dispatchers[0]?.backlog()).toEqual([]);
  });

  test("hold a project with a cap of its own to it, and give the rest to others by weight", async () => {
    await using bench = await openBench(server, { dispatchers: 0, windows: { generate: 20 } });
    const [small, large, capped] = await Promise.all(
      ["small", "large", "capped"].map((name) => bench.catalog.projects.ensure(name)),
    );
    if (!small || !large || !capped) throw new Error("no projects");
    await bench.catalog.projects.update(large.id, { weight: 3 });
    await bench.catalog.projects.update(capped.id, { maxOpenJobs: 4 });
    for (const [index, project] of ["small", "large", "capped"].entries()) {
      await bench.submit([{ ...many(40), params: { index } }], { project });
    }
    await bench.catalog.dispatch.takeRuns({ all: false, limit: 10 });
    bench.startDispatcher();
    await waitUntil("the window to be full", () => bench.producer.size === 20);
    const { rows } = await bench.catalog.pool.query(
      `select p.name, count(*)::int as open from loramill.jobs j join loramill.projects p on p.id = j.project
       where j.state = 'released' group by p.name order by p.name`,
    );
    expect(rows).toEqual([
      { name: "capped", open: 4 },
      { name: "large", open: 12 },
      { name: "small", open: 4 },
    ]);
  });
});
