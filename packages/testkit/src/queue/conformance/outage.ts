import { expect } from "vitest";
import { waitUntil } from "../wait-until.ts";
import { check, expectSoon, type Trial } from "./trial.ts";

export function outageChecks(trial: Trial): void {
  check(trial, "an outcome waits for the catalog to come back", async (world) => {
    world.work();
    const job = await world.add("trial", { do: "wait" });
    await waitUntil("it runs", () => world.ledger.job(job).state === "active");
    world.ledger.outage = new Error("connect ECONNREFUSED");
    world.trials.finish(job);
    await waitUntil("the outcome was refused", () =>
      world.log.lines.some((line) => line.message === "the catalog is away; trying again"),
    );
    world.ledger.outage = null;
    await world.ended(job);
    expect(world.ledger.job(job)).toMatchObject({ state: "succeeded", epoch: 1, published: 1 });
  });

  check(trial, "a delivery that cannot be claimed stays in the queue and comes back", async (world) => {
    world.ledger.outage = new Error("connect ECONNREFUSED");
    const job = await world.add("trial", { do: "succeed" });
    world.work();
    await waitUntil("the claim failed", () =>
      world.log.lines.some((line) => line.message === "the catalog did not answer; later again"),
    );
    world.ledger.outage = null;
    await world.ended(job);
    expect(world.ledger.job(job)).toMatchObject({ state: "succeeded", epoch: 1 });
  });

  check(trial, "closing while the catalog is away gives up in time, and says what was not written", async (world) => {
    const worker = world.work({ drainDeadlineMs: 200, abortGraceMs: 200 });
    const job = await world.add("trial", { do: "wait" });
    await waitUntil("it runs", () => world.ledger.job(job).state === "active");
    world.ledger.outage = new Error("connect ECONNREFUSED");
    await expectSoon(worker.close());
    await waitUntil("it says so", () => world.said.some((event) => event.type === "abandoned"));
    world.ledger.outage = null;
  });

  check(
    trial,
    "a turn outlives an emptied queue, and the job can be released again",
    async (world) => {
      // Nobody looks for locks that ran out before the queue is emptied, as they do in a process that gets no time.
      world.work({ lockMs: 600, stalledMs: 60_000 });
      const job = await world.add("trial", { do: "sleep", ms: 1_500 });
      const lost = world.plan("trial", { do: "succeed" });
      const producer = world.queue.producer();
      await producer.add([{ queue: "caption", delivery: lost, delayMs: 60_000 }]);
      await waitUntil("it runs", () => world.ledger.job(job).state === "active");
      await world.server.faults?.flush();
      await world.ended(job);
      expect(world.ledger.job(job)).toMatchObject({ state: "succeeded", epoch: 1, published: 1 });
      expect(await producer.missing("caption", [`${lost.job}.1`])).toEqual([`${lost.job}.1`]);
      await producer.add([{ queue: "caption", delivery: world.ledger.release(lost.job) }]);
      await world.ended(lost.job);
      await producer.close();
    },
    { needsFaults: true },
  );

  check(
    trial,
    "after the queue's server was killed and came back, workers and producers go on",
    async (world) => {
      const { faults } = world.server;
      const worker = world.work();
      const producer = world.queue.producer({ timeoutMs: 1_000 });
      await world.ended(await world.add("trial", { do: "succeed" }));
      await faults?.kill();
      const delivery = world.plan("trial", { do: "succeed" });
      const refused = expect(producer.add([{ queue: "caption", delivery }])).rejects;
      await expectSoon(refused.toMatchObject({ code: "queue-unreachable" }));
      await waitUntil("the worker knows", () => !worker.health().connected);
      await faults?.restart();
      await waitUntil("it can be added", async () => {
        await producer.add([{ queue: "caption", delivery }]);
        return true;
      });
      await world.ended(delivery.job);
      await waitUntil("the worker is well again", () => worker.health().connected);
      await producer.close();
    },
    { needsFaults: true },
  );
}
