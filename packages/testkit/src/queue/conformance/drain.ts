import { expect } from "vitest";
import { waitUntil } from "../wait-until.ts";
import { check, expectSoon, type Trial, type World } from "./trial.ts";

/** Longer than a test may take: whoever waited for it would fail. */
const NEVER_MS = 3_600_000;

export function drainChecks(trial: Trial): void {
  check(trial, "closing lets turns finish, takes no new ones, and leaves those for others", async (world) => {
    const worker = world.work({ concurrency: 1, drainDeadlineMs: NEVER_MS });
    const running = await world.add("trial", { do: "wait" });
    await waitUntil("it runs", () => world.ledger.job(running).state === "active");
    const next = await world.add("trial", { do: "succeed" });
    const closed = worker.close();
    world.trials.finish(running);
    await closed;
    expect(world.ledger.job(running).state).toBe("succeeded");
    expect(world.ledger.job(next).state).toBe("released");
    world.work();
    await world.ended(next);
  });

  check(trial, "a job that arrives while a worker drains is given to another", async (world) => {
    const leaving = world.work({ concurrency: 2, drainDeadlineMs: NEVER_MS });
    const running = await world.add("trial", { do: "wait" });
    await waitUntil("it runs", () => world.ledger.job(running).state === "active");
    const closed = leaving.close();
    world.work();
    for (let count = 0; count < 5; count += 1) await world.ended(await world.add("trial", { do: "succeed" }));
    expect(world.ledger.job(running).state).toBe("active");
    const workers = [...world.ledger.jobs.values()].slice(1).map((job) => job.claims.map((claim) => claim.worker));
    expect(workers).toEqual(Array.from({ length: 5 }, () => ["worker-2"]));
    world.ledger.requestCancel(running);
    await closed;
  });

  check(trial, "an idle worker closes at once, and twice is fine", async (world) => {
    const worker = world.work({ drainDeadlineMs: NEVER_MS });
    await world.ended(await world.add("trial", { do: "succeed" }));
    await expectSoon(Promise.all([worker.close(), worker.close()]));
  });

  check(trial, "a turn that outlasts the drain deadline gives its job back with code drained", async (world) => {
    const worker = world.work({ drainDeadlineMs: 300 });
    const job = await world.add("trial", { do: "wait" });
    await waitUntil("it runs", () => world.ledger.job(job).state === "active");
    await expectSoon(worker.close());
    expect(world.trials.stopped.get(job)).toBe("drained");
    expect(world.ledger.job(job)).toMatchObject({ state: "waiting", attemptsSpent: 0, workersLost: 0 });
  });

  check(trial, "a processor that ignores the drain does not hold up the close", async (world) => {
    const worker = world.work({ drainDeadlineMs: 200, abortGraceMs: 200 });
    const job = await world.add("trial", { do: "ignore", ms: NEVER_MS });
    await waitUntil("it runs", () => world.ledger.job(job).state === "active");
    await expectSoon(worker.close());
    expect(world.ledger.job(job).state).toBe("waiting");
  });

  check(
    trial,
    "closing never hangs when the queue's server is gone, with a turn that runs",
    async (world) => {
      const { faults } = world.server;
      await closeWithout(world, async () => faults?.kill());
      await faults?.restart();
    },
    { needsFaults: true },
  );

  check(
    trial,
    "closing never hangs when the queue's server hangs, with a turn that runs",
    async (world) => {
      const { faults } = world.server;
      try {
        await closeWithout(world, async () => faults?.freeze?.());
      } finally {
        faults?.thaw?.();
      }
    },
    { needsFreeze: true },
  );
}

async function closeWithout(world: World, breakServer: () => Promise<void>): Promise<void> {
  const worker = world.work({ drainDeadlineMs: 300, abortGraceMs: 300 });
  const producer = world.queue.producer({ timeoutMs: 1_000 });
  const job = await world.add("trial", { do: "wait" });
  await waitUntil("it runs", () => world.ledger.job(job).state === "active");
  await breakServer();
  await expectSoon(worker.close());
  await expectSoon(producer.close());
  expect(world.ledger.job(job).state).toBe("waiting");
}
