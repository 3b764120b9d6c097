import { expect } from "vitest";
import { waitUntil } from "../wait-until.ts";
import { check, type Trial } from "./trial.ts";

export function outcomeChecks(trial: Trial): void {
  check(trial, "a parked job comes back with what it left, and has spent no attempt", async (world) => {
    world.work();
    const job = await world.add("trial", { do: "park", times: 5, ms: 30 });
    await world.ended(job);
    expect(world.ledger.job(job)).toMatchObject({ state: "succeeded", attemptsSpent: 0, epoch: 6, turn: { count: 5 } });
    expect(world.said.filter((event) => event.type === "parked")).toHaveLength(5);
  });

  check(trial, "a parked job is not worked on before its time", async (world) => {
    world.work();
    const job = await world.add("trial", { do: "park", times: 1, ms: 1_000 });
    await world.ended(job);
    const [first, second] = world.ledger.job(job).claims;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(900);
  });

  check(trial, "a transient error is tried again and spends an attempt each time", async (world) => {
    world.work();
    const error = { class: "transient", code: "upstream" } as const;
    const job = await world.add("trial", { do: "fail", times: 2, error });
    await world.ended(job);
    expect(world.ledger.job(job)).toMatchObject({ state: "succeeded", attemptsSpent: 2 });
    const hopeless = await world.add("trial", { do: "fail", times: 9, error });
    await world.ended(hopeless);
    expect(world.ledger.job(hopeless)).toMatchObject({
      state: "failed",
      attemptsSpent: 3,
      error: { code: "upstream" },
    });
  });

  check(trial, "errors of class user and permanent fail at once", async (world) => {
    world.work();
    for (const errorClass of ["user", "permanent"] as const) {
      const job = await world.add("trial", { do: "fail", error: { class: errorClass, code: "no" } });
      await world.ended(job);
      expect(world.ledger.job(job)).toMatchObject({
        state: "failed",
        epoch: 1,
        error: { class: errorClass, code: "no" },
      });
    }
  });

  check(trial, "a failed job shows as failed in the queue too", async (world) => {
    const producer = world.queue.producer();
    const before = (await producer.counts("caption")).failed;
    world.work();
    await world.ended(await world.add("trial", { do: "fail", error: { class: "user", code: "no" } }));
    await waitUntil("the queue shows it", async () => (await producer.counts("caption")).failed === before + 1);
    await producer.close();
  });

  check(trial, "Retry-After is honoured, above the job's own backoff", async (world) => {
    world.work();
    const error = { class: "transient", code: "rate-limited", retryAfterMs: 900 } as const;
    const job = await world.add("trial", { do: "fail", times: 1, error });
    await world.ended(job);
    const [first, second] = world.ledger.job(job).claims;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(880);
  });

  check(trial, "a preempted job comes back without having spent an attempt", async (world) => {
    world.work();
    const error = { class: "transient", code: "preempted" } as const;
    const job = await world.add("trial", { do: "fail", times: 5, error });
    await world.ended(job);
    expect(world.ledger.job(job)).toMatchObject({ state: "succeeded", attemptsSpent: 0, epoch: 6 });
  });

  check(trial, "a bug is tried again, and loudly", async (world) => {
    world.work();
    const job = await world.add("trial", { do: "fail", times: 1, error: { class: "bug", code: "" } });
    await world.ended(job);
    expect(world.ledger.job(job)).toMatchObject({ state: "succeeded", attemptsSpent: 1 });
    const loud = world.log.lines.find((line) => line.level === "error");
    expect(loud?.details).toMatchObject({ job, error: expect.stringContaining("the trial fails") });
  });

  check(
    trial,
    "an input that does not fit its job, or that a processor calls poison, is quarantined",
    async (world) => {
      world.work();
      const unfit = await world.add("trial", { do: "nonsense" } as never);
      const poison = await world.add("trial", { do: "fail", error: { class: "user", code: "poison-input" } });
      for (const job of [unfit, poison]) {
        await world.ended(job);
        expect(world.ledger.job(job)).toMatchObject({ state: "quarantined", error: { code: "poison-input" } });
      }
      expect(world.trials.started).toEqual([poison]);
    },
  );

  check(trial, "an answer that is not the job's output is a bug, and one over 16 KB is refused", async (world) => {
    world.work();
    const lie = await world.add("trial", { do: "lie" });
    const boast = await world.add("trial", { do: "boast" });
    await world.ended(lie);
    await world.ended(boast);
    expect(world.ledger.job(lie)).toMatchObject({ state: "failed", attemptsSpent: 3, error: { code: "bad-output" } });
    expect(world.ledger.job(boast)).toMatchObject({ state: "failed", error: { code: "output-too-large" } });
  });

  check(trial, "a job that this worker is too old to know comes back for a newer one", async (world) => {
    world.work();
    const job = await world.add("unheard-of" as never, { do: "succeed" });
    await waitUntil("it was given back", () => world.ledger.job(job).state === "parked");
    expect(world.ledger.job(job)).toMatchObject({ error: { code: "unknown-job" } });
  });

  check(trial, "progress reaches the catalog while the turn runs", async (world) => {
    world.work();
    const job = await world.add("trial", { do: "progress", ms: 3_600_000 });
    await waitUntil("progress", () => world.ledger.job(job).progress !== null);
    expect(world.ledger.job(job)).toMatchObject({ state: "active", progress: { at: 2 } });
    world.ledger.requestCancel(job);
    await world.ended(job);
  });
}
