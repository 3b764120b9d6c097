import { expect } from "vitest";
import { waitUntil } from "../wait-until.ts";
import { check, type Trial } from "./trial.ts";

/** Two seconds of them, which is as long as a cancel may take, on a machine that has time for each. */
const MOST_HEARTBEATS = 20;
/** Longer than a test may take: whoever waited for it would fail. */
const NEVER_MS = 3_600_000;

export function stopChecks(trial: Trial): void {
  check(
    trial,
    "a cancel reaches the active processor of another process with one of its next heartbeats",
    async (world) => {
      const child = await world.queue.spawnWorker({ name: "other-process", ledger: world.ledger });
      const job = await world.add("trial", { do: "wait" });
      await waitUntil("the other process works on it", () => world.ledger.job(job).state === "active");
      expect(world.ledger.job(job).claims[0]?.worker).toBe("other-process");
      const before = world.ledger.heartbeats;
      world.ledger.requestCancel(job);
      await world.ended(job);
      expect(world.ledger.heartbeats - before).toBeLessThan(MOST_HEARTBEATS);
      expect(world.ledger.job(job).state).toBe("cancelled");
      child.kill("SIGTERM");
      expect(await child.exited).toBe(0);
    },
  );

  check(trial, "a job that was cancelled before its first turn is not started", async (world) => {
    const job = await world.add("trial", { do: "succeed" });
    world.ledger.requestCancel(job);
    world.work();
    await world.ended(job);
    expect(world.ledger.job(job).state).toBe("cancelled");
    expect(world.trials.started).toEqual([]);
  });

  check(
    trial,
    "a job that was cancelled while parked gets one turn with an aborted signal, to stop what it started",
    async (world) => {
      world.work();
      const job = await world.add("trial", { do: "park", times: 1_000, ms: 100 });
      await waitUntil("it is parked", () => world.ledger.job(job).state === "parked");
      world.ledger.requestCancel(job);
      await world.ended(job);
      expect(world.ledger.job(job).state).toBe("cancelled");
      expect(world.trials.stopped.get(job)).toBe("cancelled");
    },
  );

  check(trial, "a turn that takes too long is stopped, tried again, and fails with code timeout", async (world) => {
    world.work();
    const job = await world.add("hasty", { do: "wait" });
    await world.ended(job);
    expect(world.trials.stopped.get(job)).toBe("timeout");
    expect(world.ledger.job(job)).toMatchObject({ state: "failed", attemptsSpent: 2, error: { code: "timeout" } });
  });

  check(trial, "a processor that is deaf to its signal does not hold the job for ever", async (world) => {
    world.work();
    const job = await world.add("hasty", { do: "ignore", ms: NEVER_MS });
    await world.ended(job);
    expect(world.ledger.job(job)).toMatchObject({ state: "failed", error: { code: "timeout" } });
    expect(world.log.lines.map((line) => line.message)).toContain("a processor ignores its signal");
  });

  check(trial, "a job that another worker has claimed since is stopped and publishes nothing", async (world) => {
    world.work();
    const job = await world.add("trial", { do: "wait" });
    await waitUntil("it runs", () => world.ledger.job(job).state === "active");
    await world.ledger.claim({ job, release: 1, worker: "thief", queue: "caption" });
    await waitUntil("it is stopped", () => world.trials.stopped.get(job) === "superseded");
    await waitUntil("it says so", () => world.said.some((event) => event.type === "superseded"));
    expect(world.ledger.job(job)).toMatchObject({ state: "active", epoch: 2, published: 0 });
  });
}
