import { waitUntil } from "@loramill/testkit";
import { expect, test } from "vitest";
import { clock, fleetOptions, planner, useFleetBench } from "../../test/fleet-bench.ts";
import { startDispatcher } from "../start-dispatcher.ts";

const benches = useFleetBench();
const never = new AbortController().signal;

test("a machine that is gone takes no room any more while its last bill is waited for", async () => {
  await using bench = await benches.open();
  const { fleet } = bench.catalog;
  const plan = planner(bench.catalog, fleetOptions({ maxPods: 1 }));
  await bench.waitingTraining("one");
  await plan(never);
  const name = await bench.bootPlanned();
  await fleet.move(name, "end", { reason: "it was taken back" });
  await plan(never);
  expect(await fleet.pods({ living: true })).toHaveLength(1);
  await fleet.gone(name, new Date());
  await plan(never);
  expect((await fleet.pods({ living: true })).map(({ state }) => state).sort()).toEqual(["ending", "wanted"]);
});

test("who stands behind another on a machine is not woken before that one is done", async () => {
  await using bench = await benches.open();
  const { fleet, pool } = bench.catalog;
  const plan = planner(bench.catalog, fleetOptions({ maxPods: 1 }));
  const [first, second] = [await bench.waitingTraining("one"), await bench.waitingTraining("two")];
  await plan(never);
  const name = await bench.bootPlanned();
  await bench.startOn(first, name);
  await plan(never);
  expect((await fleet.plan()).decisions).toMatchObject([{ kind: "keep", jobs: [first, second] }]);
  const released = async () =>
    (await pool.query("select release from loramill.jobs where id = $1", [second])).rows[0]?.release;
  const before = await released();
  await plan(never);
  expect(await released()).toBe(before);
  await pool.query("update loramill.jobs set state = 'succeeded' where id = $1", [first]);
  await plan(never);
  expect(await released()).toBe(before + 1);
});

test("a dispatcher plans at once when a machine is lost, long before its next look", async () => {
  await using bench = await benches.open();
  const { fleet } = bench.catalog;
  await Promise.all(bench.dispatchers.map((dispatcher) => dispatcher.stop()));
  const { producer, documents, log } = bench;
  bench.dispatchers.push(
    startDispatcher({
      ...{ catalog: benches.openAgain(bench.url), stores: { documents }, producer, clock, random: Math.random, log },
      ...{
        options: { leaderCheckMs: 200, tickMs: 50, idleTickMs: 100 },
        fleet: { ...fleetOptions(), planMs: 3_600_000 },
      },
    }),
  );
  await waitUntil("the first plan", async () => (await fleet.plan()).at !== null);
  const job = await bench.waitingTraining("one");
  await planner(bench.catalog)(never);
  const name = await bench.bootPlanned();
  await bench.startOn(job, name);
  await fleet.move(name, "end", { reason: "it was taken back" });
  await waitUntil("another machine is wanted", async () => (await fleet.pods({ living: true })).length === 2, {
    timeoutMs: 60_000,
  });
}, 120_000);
