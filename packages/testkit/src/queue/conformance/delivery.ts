import type { Delivery } from "@loramill/contracts";
import { expect } from "vitest";
import { waitUntil } from "../wait-until.ts";
import { check, type Trial } from "./trial.ts";

const idOf = (delivery: Delivery) => `${delivery.job}.${delivery.release}`;

export function deliveryChecks(trial: Trial): void {
  check(trial, "a delivery is claimed, worked on and settled once", async (world) => {
    world.work();
    const job = await world.add("trial", { do: "succeed" });
    await world.ended(job);
    expect(world.ledger.job(job)).toMatchObject({ state: "succeeded", epoch: 1, published: 1, attemptsSpent: 0 });
    await waitUntil("both events", () => world.said.length === 2);
    expect(world.said.map((event) => [event.type, event.name])).toEqual([
      ["started", "trial"],
      ["succeeded", "trial"],
    ]);
  });

  check(trial, "the same id added twice is delivered once", async (world) => {
    const producer = world.queue.producer();
    const delivery = world.plan("trial", { do: "succeed" });
    await producer.add([{ queue: "caption", delivery }]);
    await producer.add([{ queue: "caption", delivery }]);
    world.work();
    await world.ended(delivery.job);
    const marker = await world.add("trial", { do: "succeed" });
    await world.ended(marker);
    expect(world.ledger.job(delivery.job).epoch).toBe(1);
    await producer.close();
  });

  check(
    trial,
    "a finished id never swallows a job that is added again: its new release has a new id",
    async (world) => {
      world.work({ drainDeadlineMs: 50 });
      const producer = world.queue.producer();
      const job = await world.add("trial", { do: "succeed" });
      await world.ended(job);
      await waitUntil("the delivery ends", async () => (await producer.missing("caption", [`${job}.1`])).length === 1);
      const again = world.ledger.release(job);
      expect(again.release).toBe(2);
      await producer.add([{ queue: "caption", delivery: again }]);
      await waitUntil("the second release is done", () => world.ledger.job(job).published === 2);
      await producer.close();
    },
  );

  check(trial, "a delivery of an older release is refused and leaves the queue", async (world) => {
    const producer = world.queue.producer();
    const old = world.plan("trial", { do: "succeed" });
    await producer.add([{ queue: "caption", delivery: old }]);
    const current = world.ledger.release(old.job);
    world.work();
    await waitUntil("it is gone", async () => (await producer.missing("caption", [idOf(old)])).length === 1);
    expect(world.ledger.job(old.job)).toMatchObject({ state: "released", release: current.release, epoch: 0 });
    expect(world.trials.started).toEqual([]);
    await producer.close();
  });

  check(trial, "what is missing from the queue is told, page by page", async (world) => {
    const producer = world.queue.producer();
    const present = Array.from({ length: 450 }, () => world.plan("trial", { do: "succeed" }));
    await producer.add(present.map((delivery) => ({ queue: "caption" as const, delivery, delayMs: 3_600_000 })));
    const absent = Array.from({ length: 50 }, () => world.plan("trial", { do: "succeed" }));
    const missing = await producer.missing("caption", [...present, ...absent].map(idOf));
    expect(missing).toEqual(absent.map(idOf));
    expect((await producer.counts("caption")).delayed).toBeGreaterThanOrEqual(450);
    await producer.close();
  });

  check(trial, "lower priorities go first", async (world) => {
    const low = await world.add("trial", { do: "succeed" }, { priority: 9 });
    const high = await world.add("trial", { do: "succeed" }, { priority: 1 });
    world.work({ concurrency: 1 });
    await world.ended(low);
    expect(world.trials.started).toEqual([high, low]);
  });

  check(trial, "a delay is kept", async (world) => {
    world.work();
    const startedAt = performance.now();
    await world.ended(await world.add("trial", { do: "succeed" }, { delayMs: 1_000 }));
    expect(performance.now() - startedAt).toBeGreaterThan(900);
  });

  check(trial, "a worker does as many turns at a time as it was told", async (world) => {
    world.work({ concurrency: 3 });
    const jobs = await Promise.all(Array.from({ length: 5 }, () => world.add("trial", { do: "wait" })));
    await waitUntil("three have started", () => world.trials.started.length === 3);
    for (const job of jobs) world.ledger.requestCancel(job);
    await Promise.all(jobs.map((job) => world.ended(job)));
  });

  check(trial, "a payload over 16 KB, or one that is no delivery, is refused when it is added", async (world) => {
    const producer = world.queue.producer();
    const delivery = world.plan("trial", { do: "succeed" });
    const large = { ...delivery, more: "x".repeat(17_000) };
    await expect(producer.add([{ queue: "caption", delivery: large }])).rejects.toMatchObject({
      code: "payload-too-large",
    });
    const odd = { ...delivery, more: "x" };
    await expect(producer.add([{ queue: "caption", delivery: odd }])).rejects.toMatchObject({ code: "bad-payload" });
    expect(await producer.missing("caption", [idOf(delivery)])).toEqual([idOf(delivery)]);
    await producer.close();
  });

  check(trial, "a delivery that nobody can read is quarantined and shows as failed", async (world) => {
    const producer = world.queue.producer();
    const before = await producer.counts("caption");
    await world.queue.addForeign("caption", "poison.1", { hello: "x".repeat(20_000) });
    const delivery = world.plan("trial", { do: "succeed" });
    await world.queue.addForeign("caption", "disguise.1", delivery);
    world.work();
    await waitUntil("both are quarantined", () => world.ledger.quarantined.length === 2);
    expect(world.ledger.quarantined.map((entry) => entry.queueId).sort()).toEqual(["disguise.1", "poison.1"]);
    for (const { payload } of world.ledger.quarantined) expect(payload.length).toBeLessThanOrEqual(16_384);
    await waitUntil("both have failed", async () => (await producer.counts("caption")).failed === before.failed + 2);
    expect(world.ledger.job(delivery.job).epoch).toBe(0);
    await producer.close();
  });

  check(trial, "finished deliveries are kept by count and by age", async (world) => {
    const producer = world.queue.producer({ retention: { ageSeconds: 3_600, count: 5 } });
    world.work({ concurrency: 4 });
    const deliveries = Array.from({ length: 20 }, () => world.plan("trial", { do: "succeed" }));
    await producer.add(deliveries.map((delivery) => ({ queue: "caption" as const, delivery })));
    for (const { job } of deliveries) await world.ended(job);
    await waitUntil("all have left", async () => (await producer.counts("caption")).active === 0);
    // Those that end at one moment may not see each other: at most one more for each turn at a time.
    expect((await producer.counts("caption")).completed).toBeLessThanOrEqual(5 + 4);
    await producer.close();

    const brief = world.queue.producer({ retention: { ageSeconds: 1, count: 1_000 } });
    const swept = async () => {
      await brief.sweep("caption");
      return (await brief.counts("caption")).completed === 0;
    };
    await waitUntil("the last ones are swept away", swept, { everyMs: 200 });
    await brief.close();
  });
}
