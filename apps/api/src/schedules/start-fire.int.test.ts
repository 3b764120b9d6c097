import type { Catalog, FireOutcome } from "@loramill/catalog";
import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import {
  type CeilingView,
  PermanentError,
  type PlanAnswer,
  type Quote,
  ScheduleBody,
  TransientError,
  UserError,
} from "@loramill/contracts";
import { createCrashPoint, trialRun, waitUntil } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openFireStarter } from "./fire-starter.ts";
import { startFire } from "./start-fire.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const log = { debug() {}, info() {}, warn() {}, error() {} };
const { signal } = new AbortController();
const START = new Date("2026-11-21T00:30:00Z");
type Planned = PlanAnswer & { readonly quote: Quote };

/** A schedule that fires every hour, a clock, and a planner that does as the test says. */
async function open(fields: Partial<ScheduleBody> = {}) {
  let now = START;
  const clock = { now: () => now };
  const catalog = await server.open({ clock });
  const project = await catalog.projects.ensure("toys");
  const { spec } = trialRun([{ name: "caption" }]);
  const {
    project: _,
    monthlyBudgetUsd: monthly,
    ...body
  } = ScheduleBody.parse({
    ...{ name: "hourly", run: spec, timing: { type: "every", minutes: 60 }, overlap: "queue" },
    ...fields,
  });
  const monthlyBudgetMicroUsd = monthly === null ? null : monthly * 1_000_000;
  const dates = { startsAt: null, endsAt: null };
  const { id } = await catalog.schedules.create({ ...body, ...dates, monthlyBudgetMicroUsd, project: project.id });
  const outcomes: FireOutcome[] = [];
  const planned: string[] = [];
  let plan: () => Promise<Partial<Planned>> = async () => ({});
  const planner = {
    async planWithQuote(given: { readonly name: string }): Promise<Planned> {
      planned.push(given.name);
      return { ...answer(), ...(await plan()) };
    },
  };
  const deps = { catalog, planner, clock, log, onFire: (outcome: FireOutcome) => outcomes.push(outcome) };
  return {
    ...{ catalog, deps, clock, outcomes, planned },
    plans: (work: typeof plan) => {
      plan = work;
    },
    pass: (minutes: number) => {
      now = new Date(now.getTime() + minutes * 60_000);
    },
    /** Writes the fires whose time has come and gives the turn to one. */
    async look() {
      for (const each of await catalog.fires.comeDue(50)) await catalog.fires.writeFires(each);
      await catalog.fires.takeTurns(id);
    },
    fires: async () => (await catalog.fires.list({ schedule: id })).items,
    ref: { project: project.id, name: "hourly" },
    schedule: async () => catalog.schedules.find({ project: project.id, name: "hourly" }),
  };
}

function answer(): Planned {
  const { lock } = trialRun([{ name: "caption" }]);
  const nothing = { p50: 0, p90: 0 };
  const quote: Quote = {
    ...{ steps: [], seconds: nothing, costMicroUsd: nothing, expectedMicroUsd: 0, vramBytes: 0 },
    ...{ withinBudget: null, ceilings: [], notes: [], charges: [] },
  };
  return { lock, digest: "0".repeat(64), charges: [], quote };
}

const fails = (error: Error) => async (): Promise<never> => {
  throw error;
};

describe("a fire whose turn it is", () => {
  test("becomes a run, planned now, with its own name and what it was quoted", async () => {
    const { catalog, deps, pass, look, fires, outcomes, planned } = await open();
    expect(await startFire(deps, signal)).toBe(false);
    pass(31);
    await look();
    expect(await startFire(deps, signal)).toBe(true);
    expect(await startFire(deps, signal)).toBe(false);
    expect(outcomes).toEqual([{ outcome: "started", lateSeconds: 60 }]);
    expect(planned).toEqual(["trial 2026-11-21"]);
    const [fire] = await fires();
    expect(fire).toMatchObject({ state: "started", run: { state: "planned" }, reason: null, error: null });
    const events = await catalog.events.list({ run: fire?.run?.id ?? "run_" });
    expect(events.map(({ type }) => type)).toEqual(["run.created", "run.quoted"]);
  });

  test("that cannot be planned is failed with the error, and the schedule goes on", async () => {
    const { deps, pass, look, fires, plans, outcomes, schedule } = await open();
    plans(fails(new UserError("the folder /pictures is gone", { code: "source-not-found" })));
    pass(31);
    await look();
    await startFire(deps, signal);
    expect((await fires())[0]).toMatchObject({
      ...{ state: "failed", run: null, reason: "the folder /pictures is gone" },
      error: { class: "user", code: "source-not-found" },
    });
    expect((await schedule())?.failures).toBe(1);
    plans(async () => ({}));
    pass(60);
    await look();
    await startFire(deps, signal);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["failed", "started"]);
    expect(await schedule()).toMatchObject({ failures: 0, pausedAt: null });
  });

  test("pauses its schedule when it is one of too many in a row that failed", async () => {
    const { deps, pass, look, fires, plans, schedule } = await open({ pauseAfterFailures: 2 });
    plans(fails(new PermanentError("no such bucket", { code: "storage-denied" })));
    for (let hour = 0; hour < 4; hour += 1) {
      pass(60);
      await look();
      await startFire(deps, signal);
    }
    expect((await fires()).map(({ state }) => state)).toEqual(["failed", "failed"]);
    expect(await schedule()).toMatchObject({
      pausedReason: "2 fires in a row could not be planned; the last one: no such bucket",
      pausedBy: "the schedule itself",
    });
  });

  test("is tried again when what failed may pass by itself, and failed when it does not", async () => {
    const { deps, pass, look, fires, plans, planned } = await open();
    plans(fails(new TransientError("the store is away", { code: "storage-busy" })));
    pass(31);
    await look();
    await startFire(deps, signal);
    expect((await fires())[0]).toMatchObject({ state: "due", error: { code: "storage-busy" } });
    expect(await startFire(deps, signal)).toBe(false);
    for (let tries = 0; tries < 10; tries += 1) {
      pass(20);
      await startFire(deps, signal);
    }
    expect(planned).toHaveLength(5);
    expect((await fires())[0]).toMatchObject({ state: "failed", reason: "the store is away" });
  });

  test("is refused where a ceiling has no room for its run, and that pauses nothing", async () => {
    const { deps, pass, look, fires, plans, schedule } = await open({ pauseAfterFailures: 1 });
    const ceiling: CeilingView = {
      ...{ scope: { kind: "account" }, period: "total", limitMicroUsd: 5_000_000, spentMicroUsd: 4_000_000 },
      ...{ reservedMicroUsd: 0, since: START.toISOString(), reopensAt: null },
    };
    plans(async () => ({
      quote: { ...answer().quote, costMicroUsd: { p50: 2e6, p90: 3e6 }, ceilings: [{ ceiling, surely: true }] },
    }));
    pass(31);
    await look();
    await startFire(deps, signal);
    expect((await fires())[0]).toMatchObject({ state: "refused", reason: expect.stringContaining("has $1.00 left") });
    expect(await schedule()).toMatchObject({ failures: 0, pausedAt: null });
  });

  test("may cost what the month has left, is refused where that is too little, and comes back with the next month", async () => {
    const { catalog, deps, pass, look, fires, plans } = await open({ monthlyBudgetUsd: 5 });
    plans(async () => ({ quote: { ...answer().quote, costMicroUsd: { p50: 2e6, p90: 3e6 } } }));
    const spend = "update loramill.runs set spent_micro_usd = 3500000, state = 'succeeded'";
    const night = async () => {
      await look();
      await startFire(deps, signal);
      await catalog.pool.query(spend);
      return (await fires()).map(({ state }) => state);
    };
    pass(31);
    expect(await night()).toEqual(["started"]);
    const { items } = await catalog.runs.list({});
    expect((await catalog.runs.plan({ run: items[0]?.id ?? "run_" }))?.spec.budgetUsd).toBe(5);
    pass(60);
    expect(await night()).toEqual(["refused", "started"]);
    expect((await fires())[0]?.reason).toContain("the schedule has $1.50 left this month");
    pass(60 * 24 * 10);
    expect((await night()).slice(0, 2)).toEqual(["started", "missed"]);
  });

  test("is missed when nobody planned it in time", async () => {
    const { deps, pass, look, fires, outcomes } = await open({ catchUpMinutes: 30 });
    pass(31);
    await look();
    pass(45);
    expect(await startFire(deps, signal)).toBe(true);
    expect((await fires())[0]).toMatchObject({ state: "missed", reason: expect.stringContaining("45 min before") });
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["missed"]);
  });
});

describe("a fire belongs to one process at a time", () => {
  test("and the run of one that was too slow is not made", async () => {
    const { catalog, deps, pass, look, fires, plans, outcomes } = await open();
    pass(31);
    await look();
    const slow = Promise.withResolvers<Partial<Planned>>();
    plans(() => slow.promise);
    const first = startFire(deps, signal);
    await waitUntil("the first to plan", async () => (await fires())[0]?.epoch === 1);
    pass(2);
    plans(async () => ({}));
    await startFire(deps, signal);
    slow.resolve({});
    await first;
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["started"]);
    expect((await catalog.runs.list({})).items).toHaveLength(1);
  });

  test("and is given back at once by one that ends", async () => {
    const { deps, pass, look, fires, plans } = await open();
    pass(31);
    await look();
    const ending = new AbortController();
    plans(async () => {
      ending.abort();
      throw ending.signal.reason;
    });
    await startFire(deps, ending.signal);
    expect((await fires())[0]).toMatchObject({ state: "due", error: null });
    plans(async () => ({}));
    await startFire(deps, signal);
    expect((await fires())[0]?.state).toBe("started");
  });

  test("and is failed when every process that plans it dies", async () => {
    const { catalog, deps, pass, look, fires } = await open();
    pass(31);
    await look();
    for (let claims = 0; claims < 5; claims += 1) {
      await catalog.fires.claim({ holdMs: 60_000 });
      pass(2);
    }
    await startFire(deps, signal);
    expect((await fires())[0]).toMatchObject({ state: "failed", error: { code: "planners-lost" } });
  });

  test("and its schedule may be removed while it is planned: then there is no run", async () => {
    const { catalog, deps, pass, look, plans, outcomes, ref } = await open();
    pass(31);
    await look();
    plans(async () => {
      await catalog.schedules.remove(ref);
      return {};
    });
    await startFire(deps, signal);
    expect(outcomes).toEqual([]);
    expect((await catalog.runs.list({})).items).toEqual([]);
  });
});

test.each(["before", "after"] as const)(
  "a fire has one run though its planner dies %s any of its steps",
  async (when) => {
    const { catalog, deps, pass, look, fires } = await open({ pauseAfterFailures: 1 });
    const crash = createCrashPoint();
    const watched = <T extends object>(group: T): T =>
      new Proxy(group, {
        get: (of, name, self) => {
          const value: unknown = Reflect.get(of, name, self);
          return typeof value === "function" ? (...args: unknown[]) => crash.step(() => value.apply(of, args)) : value;
        },
      });
    const dying = {
      ...deps,
      catalog: { fires: watched(catalog.fires), runs: watched(catalog.runs), projects: watched(catalog.projects) },
      planner: watched(deps.planner),
    };
    let n = 0;
    do {
      n += 1;
      pass(60);
      await look();
      crash.arm({ n, when });
      await startFire(dying, signal).catch((error: unknown) => {
        if (!crash.hasCrashed) throw error;
      });
      // The claim of the dead one is over by then.
      pass(2);
      await startFire(deps, signal);
      pass(-2);
      await catalog.pool.query("update loramill.runs set state = 'succeeded', ended_at = now()");
    } while (crash.hasCrashed);
    expect(n).toBeGreaterThan(4);
    expect((await fires()).map(({ state }) => state)).toEqual(Array.from({ length: n }, () => "started"));
    expect((await catalog.runs.list({})).items).toHaveLength(n);
  },
);

test("processes that plan take the fires of all schedules as their turn comes, each once, until they are closed", async () => {
  const { catalog, deps, clock, pass, look } = await open();
  const others: Catalog[] = [server.openAgain(catalog.url, { clock }), server.openAgain(catalog.url, { clock })];
  const project = (await catalog.projects.ensure("toys")).id;
  const hourly = await catalog.schedules.find({ project, name: "hourly" });
  if (hourly === null) throw new Error("no schedule");
  const { id: _, ...fields } = hourly;
  const more = await Promise.all(
    Array.from({ length: 12 }, (_each, at) => catalog.schedules.create({ ...fields, project, name: `more ${at}` })),
  );
  pass(31);
  const starters = await Promise.all(
    [catalog, ...others].map((each) => openFireStarter({ ...deps, catalog: each, lookMs: 60_000 })),
  );
  await look();
  for (const { id } of more) await catalog.fires.takeTurns(id);
  const count = async () => (await catalog.runs.list({ limit: 200 })).items.length;
  await waitUntil("a run for each", async () => (await count()) === 13);
  await Promise.all(starters.map((starter) => starter.close()));
  await look();
  expect(await count()).toBe(13);
});
