import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { LedgerJob } from "../memory-ledger.ts";
import { waitUntil } from "../wait-until.ts";
import { check, type Trial } from "./trial.ts";

const NOTICED_WITHIN_MS = 20_000;

export function crashChecks(trial: Trial): void {
  check(
    trial,
    "with the default locks, a worker lost by kill -9 is noticed in under 20 seconds",
    async (world) => {
      // The bound is a promise, and close to what the locks take: a machine that stood still in between gets a second try.
      let took = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 2 && took >= NOTICED_WITHIN_MS; round += 1) {
        const child = await world.queue.spawnWorker({ name: `victim-${round}`, ledger: world.ledger });
        const job = await world.add("trial", { do: "wait" });
        await waitUntil("the victim works", () => world.ledger.job(job).state === "active");
        const other = world.work();
        child.kill("SIGKILL");
        const lost = performance.now();
        await child.exited;
        await waitUntil("another worker took over", () => world.ledger.job(job).epoch === 2, { timeoutMs: 60_000 });
        took = performance.now() - lost;
        expect(world.ledger.job(job)).toMatchObject({ workersLost: 1, attemptsSpent: 0 });
        world.ledger.requestCancel(job);
        await world.ended(job);
        await other.close();
      }
      expect(took).toBeLessThan(NOTICED_WITHIN_MS);
    },
    { timeoutMs: 300_000 },
  );

  check(
    trial,
    "a worker that blocked its event loop until its lock was gone publishes nothing when another has published",
    async (world) => {
      const child = await world.queue.spawnWorker({ name: "blocked", ledger: world.ledger, lockMs: 600 });
      const folder = await mkdtemp(join(tmpdir(), "loramill-block-"));
      const sign = join(folder, "go-on");
      const job = await world.add("trial", { do: "block", ms: 120_000, until: sign });
      await waitUntil("it blocks", () => world.ledger.job(job).state === "active");
      const { processors } = world.trials;
      const quick = async () => ({ digest: "1".repeat(64), shape: "part", items: 1, summary: {} });
      world.work({ stalledMs: 300, processors: { ...processors, trial: quick } });
      await world.ended(job);
      expect(world.ledger.job(job)).toMatchObject({ epoch: 2, workersLost: 1, published: 1 });
      const before = world.ledger.settlements;
      await writeFile(sign, "");
      await waitUntil("the blocked one has tried to publish", () => world.ledger.settlements > before);
      expect(world.ledger.job(job)).toMatchObject({ published: 1, output: { digest: "1".repeat(64) } });
      child.kill("SIGTERM");
      await child.exited;
      await rm(folder, { recursive: true });
    },
    { timeoutMs: 300_000 },
  );

  check(trial, "a job that loses more workers than its policy allows is quarantined", async (world) => {
    const locks = { lockMs: 600, stalledMs: 300 };
    const child = await world.queue.spawnWorker({ name: "victim", ledger: world.ledger, ...locks });
    const job = await world.add("fragile", { do: "wait" });
    await waitUntil("the victim works", () => world.ledger.job(job).state === "active");
    child.kill("SIGKILL");
    world.work(locks);
    await world.ended(job);
    expect(world.ledger.job(job)).toMatchObject({ state: "quarantined", error: { code: "worker-lost" } });
    expect(world.trials.started).toEqual([]);
  });

  check(
    trial,
    "under kill -9 of worker after worker every job ends, and none is published twice",
    async (world) => {
      const locks = { lockMs: 600, stalledMs: 300, concurrency: 3 };
      const jobs = await Promise.all(
        Array.from({ length: 40 }, (_, n) => world.add("trial", { do: "sleep", ms: 100 + ((n * 37) % 150) })),
      );
      const active = () => jobs.some((job) => world.ledger.job(job).state === "active");
      const open = () => jobs.filter((job) => !world.ledger.ended(job)).length;
      for (let round = 0; round < 3; round += 1) {
        const child = await world.queue.spawnWorker({ name: `victim-${round}`, ledger: world.ledger, ...locks });
        const before = open();
        await waitUntil("it has done some and is at others", () => open() < before - 2 && active());
        child.kill("SIGKILL");
        await child.exited;
      }
      world.work(locks);
      for (const job of jobs) await world.ended(job);
      const { published, states, lost } = tally(jobs.map((job) => world.ledger.job(job)));
      expect(states).toEqual(["succeeded"]);
      expect(published).toEqual([1]);
      expect(lost).toBeGreaterThan(0);
    },
    { timeoutMs: 300_000 },
  );

  check(trial, "a process that is told to end drains and ends by itself", async (world) => {
    const child = await world.queue.spawnWorker({ name: "polite", ledger: world.ledger, drainDeadlineMs: 200 });
    const job = await world.add("trial", { do: "wait" });
    await waitUntil("it works", () => world.ledger.job(job).state === "active");
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    expect(world.ledger.job(job).state).toBe("waiting");
  });
}

function tally(jobs: readonly LedgerJob[]) {
  return {
    states: [...new Set(jobs.map((job) => job.state))],
    published: [...new Set(jobs.map((job) => job.published))],
    lost: jobs.reduce((sum, job) => sum + job.workersLost, 0),
  };
}
