import type { Placement } from "@loramill/contracts";
import { waitUntil } from "@loramill/testkit";
import { expect, test } from "vitest";
import { clock, fleetOptions, offer, planner, useFleetBench } from "../../test/fleet-bench.ts";
import { startDispatcher } from "../start-dispatcher.ts";

const benches = useFleetBench();
const elsewhere: Placement = {
  ...{ mode: "cloud", provider: "simulated", gpu: offer.gpuType, dataCentres: ["US-TX-1"], maxMicroUsdPerHour: null },
};
const never = new AbortController().signal;

test("a training that no agent could take becomes a wish for one machine, however often it is planned", async () => {
  await using bench = await benches.open();
  const { fleet } = bench.catalog;
  await planner(bench.catalog)(never);
  expect(await fleet.pods()).toEqual([]);
  const job = await bench.waitingTraining("one");
  const plan = planner(bench.catalog);
  await plan(never);
  const [pod] = await fleet.pods();
  expect(pod).toMatchObject({ state: "wanted", provider: "simulated", wantedFor: [job], candidates: [offer] });
  expect(pod?.name).toMatch(/^trial-[0-9a-f]{12}$/);
  expect((await fleet.plan()).decisions).toMatchObject([{ kind: "create", jobs: [job] }]);
  await plan(never);
  await planner(bench.catalog)(never);
  expect(await fleet.pods()).toHaveLength(1);
  expect((await fleet.plan()).decisions).toMatchObject([{ kind: "keep", pod: pod?.name, jobs: [job] }]);
  expect(await fleet.audit.list({ limit: 10 })).toMatchObject([{ actor: "dispatcher", action: "machine.want" }]);
});

test("a dispatcher that dies after a wish was written leaves no second one, nor do two that plan at once", async () => {
  await using bench = await benches.open();
  await bench.waitingTraining("one");
  const { fleet } = bench.catalog;
  const dying = {
    ...bench.catalog,
    fleet: {
      ...fleet,
      openPod: async (wanted: Parameters<typeof fleet.openPod>[0]) => {
        await fleet.openPod(wanted);
        throw new Error("the process died");
      },
    },
  };
  await expect(planner(dying)(never)).rejects.toThrow("died");
  await planner(bench.catalog)(never);
  expect(await fleet.pods()).toHaveLength(1);
  await bench.waitingTraining("two");
  const other = benches.openAgain(bench.url);
  await Promise.all([bench.catalog, other, bench.catalog, other].map((catalog) => planner(catalog)(never)));
  const wanted = (await fleet.pods({ living: true })).flatMap(({ wantedFor }) => wantedFor);
  expect(wanted.length).toBe(new Set(wanted).size);
});

test("nothing is rented in dry run or while the fleet is stopped, and the plan says what would be", async () => {
  await using bench = await benches.open();
  const { fleet } = bench.catalog;
  const job = await bench.waitingTraining("one");
  const plan = planner(bench.catalog);
  await fleet.setDryRun(true);
  await plan(never);
  expect((await fleet.plan()).decisions).toMatchObject([{ kind: "create" }]);
  await fleet.setDryRun(false);
  await fleet.stop("a person said so", "local");
  await plan(never);
  expect((await fleet.plan()).decisions).toMatchObject([
    { kind: "wait", job, because: expect.stringContaining("a person said so") },
  ]);
  expect(await fleet.pods()).toEqual([]);
  await fleet.start();
  await plan(never);
  expect(await fleet.pods()).toHaveLength(1);
});

test("a dry run over machines that are there keeps and gives back what is paid for, and rents nothing", async () => {
  await using bench = await benches.open();
  const { fleet, pool } = bench.catalog;
  const job = await bench.waitingTraining("one");
  const plan = planner(bench.catalog, fleetOptions({ idleSeconds: 0 }));
  await plan(never);
  const name = await bench.bootPlanned();
  await fleet.setDryRun(true);
  await plan(never);
  expect(await fleet.pod(name)).toMatchObject({ state: "ready" });
  await pool.query("update loramill.jobs set state = 'succeeded' where id = $1", [job]);
  await bench.waitingTraining("two", { placement: { ...elsewhere } });
  await plan(never);
  expect(await fleet.pod(name)).toMatchObject({ state: "draining", reason: expect.stringContaining("without work") });
  expect(await fleet.pods()).toHaveLength(1);
});

test("a training's deadline is the one that its run has now, and its trainer the one that was asked for", async () => {
  await using bench = await benches.open();
  const { fleet, pool } = bench.catalog;
  const job = await bench.waitingTraining("one", {}, { deadline: "2030-01-01T00:00:00.000Z" });
  const later = new Date("2030-02-01T00:00:00.000Z");
  await pool.query("update loramill.runs set deadline = $1", [later]);
  expect(await fleet.wantingTrainings()).toMatchObject([{ job, deadline: later, trainer: null }]);
  await pool.query("update loramill.jobs set progress = $2 where id = $1", [job, { trainer: "ai-toolkit" }]);
  expect(await fleet.wantingTrainings()).toMatchObject([{ job, trainer: "ai-toolkit" }]);
});

test("trainings behind those that were let go are counted by project and deadline", async () => {
  await using bench = await benches.open();
  const { fleet, pool } = bench.catalog;
  const deadline = new Date("2030-01-01T00:00:00.000Z");
  await bench.waitingTraining("one", {}, { deadline: deadline.toISOString() });
  expect(await fleet.waitingBehind()).toEqual([]);
  await Promise.all(bench.dispatchers.map((dispatcher) => dispatcher.stop()));
  await pool.query("update loramill.steps set jobs_waiting = 3 where kind = 'train'");
  const { id: project } = await bench.catalog.projects.ensure("default");
  expect(await fleet.waitingBehind()).toEqual([{ project, deadline, trainings: 3 }]);
  await pool.query("update loramill.runs set deadline = null");
  expect(await fleet.waitingBehind()).toEqual([]);
});

test("a machine without the trainer of its training is not kept for it, and no other of its image is rented", async () => {
  await using bench = await benches.open();
  const { fleet, pool } = bench.catalog;
  const images = [{ image: "registry.example/all:1", trainers: ["ai-toolkit", "sd-scripts"] }];
  await fleet.offers.replace("simulated", [{ key: "all", offer: { ...offer, images } }]);
  const job = await bench.waitingTraining("one");
  await pool.query("update loramill.jobs set progress = $2 where id = $1", [job, { trainer: "ai-toolkit" }]);
  const plan = planner(bench.catalog, fleetOptions({ idleSeconds: 0 }));
  await plan(never);
  const [pod] = await fleet.pods();
  expect(pod).toMatchObject({ candidates: [{ images }] });
  await bench.bootPod(pod?.name ?? "", ["sd-scripts"]);
  await plan(never);
  expect(await fleet.pod(pod?.name ?? "")).toMatchObject({ state: "draining" });
  await plan(never);
  expect((await fleet.plan()).decisions).toMatchObject([
    { kind: "wait", job, because: expect.stringContaining("FLEET_IMAGES") },
  ]);
  expect(await fleet.pods()).toHaveLength(1);
});

test("a machine that refuses what is planned for it is given back, however often it is planned", async () => {
  await using bench = await benches.open();
  const { fleet } = bench.catalog;
  await bench.waitingTraining("one");
  let nowMs = Date.now();
  const plan = planner(bench.catalog, fleetOptions(), { now: () => new Date(nowMs) });
  await plan(never);
  const name = await bench.bootPlanned();
  await plan(never);
  nowMs += 299_000;
  await plan(never);
  expect(await fleet.pod(name)).toMatchObject({ state: "ready" });
  nowMs += 2_000;
  await plan(never);
  expect(await fleet.pod(name)).toMatchObject({ state: "draining", reason: expect.stringContaining("none has begun") });
});

test("a training that only waits for the bill of a machine that is gone wants no other", async () => {
  await using bench = await benches.open();
  const { fleet, pool } = bench.catalog;
  const job = await bench.waitingTraining("one");
  const plan = planner(bench.catalog);
  await plan(never);
  const name = await bench.bootPlanned();
  await bench.startOn(job, name);
  await fleet.move(name, "end", { reason: "it was taken back" });
  await fleet.gone(name, new Date());
  await pool.query("update loramill.jobs set turn = turn || '{\"settling\": true}' where id = $1", [job]);
  expect(await fleet.wantingTrainings()).toEqual([]);
  await plan(never);
  expect(await fleet.pods()).toHaveLength(1);
});

test("ceilings of the account and of the project, and the run's budget, keep machines from being rented", async () => {
  await using bench = await benches.open();
  const { fleet, pool } = bench.catalog;
  const ceiling = (project: string, period: string, limit: number) =>
    pool.query(
      `insert into loramill.ceilings (project, period, limit_micro_usd) values ($1, $2, $3)
       on conflict (project, period) do update set limit_micro_usd = excluded.limit_micro_usd`,
      [project, period, limit],
    );
  const job = await bench.waitingTraining("one");
  const plan = planner(bench.catalog);
  const { id: project } = await bench.catalog.projects.ensure("default");
  const refused = async () => {
    await plan(never);
    expect((await fleet.plan()).decisions).toMatchObject([{ kind: "wait", job }]);
    await pool.query("delete from loramill.ceilings");
  };
  await ceiling("", "hour", offer.pricePerHourMicroUsd - 1);
  await refused();
  await ceiling("", "day", 100);
  await refused();
  await ceiling(project, "total", 100);
  await refused();
  const poor = await bench.waitingTraining("poor", {}, { budgetMicroUsd: 50 });
  await plan(never);
  expect((await fleet.plan()).decisions).toMatchObject([
    { kind: "create", jobs: [job] },
    { kind: "wait", job: poor, neededMicroUsd: expect.any(Number) },
  ]);
  expect(await fleet.lacks(poor)).toBeGreaterThan(50);
  expect(await fleet.lacks(job)).toBeNull();
  await pool.query("update loramill.fleet set planned_at = now() - interval '10 minutes'");
  expect(await fleet.lacks(poor), "an old plan says nothing of now").toBeNull();
});

test("a machine that is ready wakes its training, is kept while it works, and is drained when nobody needs it", async () => {
  await using bench = await benches.open();
  const { fleet, pool } = bench.catalog;
  const job = await bench.waitingTraining("one");
  const plan = planner(bench.catalog, fleetOptions({ idleSeconds: 0 }));
  await plan(never);
  const name = await bench.bootPlanned();
  expect(await fleet.agentPods()).toMatchObject([{ name, offer, takesWork: true, reservedFor: [job] }]);
  await plan(never);
  expect(await fleet.agentPods()).toMatchObject([{ name, plannedFor: [job], holds: [] }]);
  // Without another plan: the answer of its agent has woken it.
  await bench.startOn(job, name);
  expect(await fleet.agentPods()).toMatchObject([{ name, reservedFor: [job] }]);
  await pool.query("update loramill.jobs set progress = $2 where id = $1", [job, { step: 400, total: 1_000 }]);
  expect(await fleet.wantingTrainings()).toMatchObject([{ job, pod: name, stepsDone: 400, preemptions: 0 }]);
  await plan(never);
  expect((await fleet.plan()).decisions).toMatchObject([{ kind: "keep", pod: name, jobs: [job] }]);

  await pool.query("update loramill.jobs set state = 'succeeded' where id = $1", [job]);
  await plan(never);
  expect(await fleet.pod(name)).toMatchObject({ state: "draining", reason: expect.stringContaining("without work") });
  expect(await fleet.agentPods()).toMatchObject([{ name, takesWork: false }]);

  const next = await bench.waitingTraining("two");
  await plan(never);
  expect(await fleet.pod(name)).toMatchObject({ state: "ready", reason: null });
  expect((await fleet.plan()).decisions).toMatchObject([{ kind: "keep", pod: name, jobs: [next] }]);
  expect(await fleet.pods()).toHaveLength(1);
  await fleet.move(name, "drain", { reason: "by hand" });
  await plan(never);
  expect(await fleet.pod(name)).toMatchObject({ state: "draining", reason: "by hand" });
  expect(await fleet.pods()).toHaveLength(2);
});

test("a training whose machine is taken wants another, with what its checkpoints hold behind it", async () => {
  await using bench = await benches.open();
  const { fleet, pool } = bench.catalog;
  const job = await bench.waitingTraining("one");
  const plan = planner(bench.catalog);
  await plan(never);
  const name = await bench.bootPlanned();
  await bench.startOn(job, name);
  await pool.query(
    `insert into loramill.checkpoints (id, run, job, epoch, step, images_seen, paid_seconds, object_prefix)
     select 'chk_1', run, id, 1, 300, 300, 60, 'x' from loramill.jobs where id = $1`,
    [job],
  );
  await fleet.move(name, "end", { reason: "it was taken back" });
  expect(await fleet.wantingTrainings()).toMatchObject([{ job, pod: null, stepsDone: 300, preemptions: 1 }]);
  await plan(never);
  const living = await fleet.pods({ living: true });
  expect(living.map(({ state }) => state).sort()).toEqual(["ending", "wanted"]);
  expect(new Set(living.map((pod) => pod.name)).size).toBe(2);
  // It is gone: the training looks at once, an hour before its next look.
  await fleet.gone(name, new Date());
  expect(await bench.takenBy(job)).toMatchObject({ job });
});

test("the dispatcher that leads plans, and the next goes on where it stopped", async () => {
  await using bench = await benches.open();
  const { fleet } = bench.catalog;
  await Promise.all(bench.dispatchers.map((dispatcher) => dispatcher.stop()));
  const told: number[][] = [];
  const open = () => {
    const { producer, documents, log } = bench;
    const demand: number[] = [];
    told.push(demand);
    return startDispatcher({
      ...{ catalog: benches.openAgain(bench.url), stores: { documents }, producer, clock, random: Math.random, log },
      onDemand: (byVram: ReadonlyMap<string, number>) => demand.push(byVram.get("24") ?? byVram.get("16") ?? 0),
      ...{ options: { leaderCheckMs: 200, tickMs: 50, idleTickMs: 100 }, fleet: fleetOptions() },
    });
  };
  const [first, second] = [open(), open()];
  bench.dispatchers.push(first, second);
  const one = await bench.waitingTraining("one");
  await waitUntil("a wish for a machine", async () => (await fleet.pods()).length === 1);
  const leader = first.isLeader() ? first : second;
  await leader.stop();
  // Two that count the same work would be told of twice of it.
  const ofLeader = told[leader === first ? 0 : 1] ?? [];
  expect([Math.max(...ofLeader) > 0, ofLeader.at(-1)]).toEqual([true, 0]);
  const two = await bench.waitingTraining("two");
  await waitUntil(
    "a machine for both",
    async () => {
      const { decisions } = await fleet.plan();
      const placed = decisions.flatMap((decision) => ("jobs" in decision ? decision.jobs : []));
      return placed.includes(one) && placed.includes(two);
    },
    { timeoutMs: 60_000 },
  );
  const wanted = (await fleet.pods({ living: true })).flatMap(({ wantedFor }) => wantedFor);
  expect(wanted.length).toBe(new Set(wanted).size);
}, 120_000);
