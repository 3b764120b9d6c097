import type { Catalog } from "@loramill/catalog";
import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import { createCrashPoint } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addSchedule, endRuns, firesOf, log, planFire, settle, startClock } from "../test/schedules.ts";
import type { DispatcherDeps } from "./deps.ts";
import { fireSchedules } from "./fire-schedules.ts";
import { tidy } from "./housekeeping.ts";
import { defaultOptions } from "./options.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const open = async (at = "2026-11-21T00:30:00Z") => {
  const clock = startClock(at);
  const catalog = await server.open({ clock });
  return { clock, catalog };
};

describe("a schedule", () => {
  test("starts one run at each of its times, and no other", async () => {
    const { clock, catalog } = await open();
    const { id } = await addSchedule(catalog, "hourly");
    await settle(catalog);
    expect(await firesOf(catalog, id)).toEqual([]);
    for (const time of ["01:00", "01:20", "01:59", "02:01", "03:00"]) {
      clock.set(`2026-11-21T${time}:00Z`);
      await settle(catalog);
      await endRuns(catalog);
    }
    expect(await firesOf(catalog, id)).toEqual(["01:00", "02:00", "03:00"].map((time) => `${time} started succeeded`));
    const { items } = await catalog.runs.list({});
    const [created] = await catalog.events.list({ run: items[0]?.id ?? "run_" });
    expect(created).toMatchObject({
      type: "run.created",
      data: { schedule: "hourly", fireAt: "2026-11-21T03:00:00.000Z" },
    });
  });

  test("makes what was due while nobody could, as late as it may be, and says of the rest why it did not", async () => {
    const { clock, catalog } = await open();
    const { id } = await addSchedule(catalog, "caught up", { catchUpMinutes: 150, overlap: "queue" });
    clock.set("2026-11-21T05:10:00Z");
    const seen = await settle(catalog);
    expect(seen.map(({ outcome, lateSeconds }) => [outcome, lateSeconds / 60])).toEqual([
      ["missed", 250],
      ["missed", 190],
      ["skipped", 10],
    ]);
    expect(await firesOf(catalog, id)).toEqual([
      ...["01:00 missed", "02:00 missed", "03:00 started planned", "04:00 waiting", "05:00 skipped"],
    ]);
    const { items } = await catalog.fires.list({ schedule: id, state: "missed" });
    expect(items[0]?.reason).toContain("it was due 190 min before anybody could make it");
    await endRuns(catalog);
    await settle(catalog);
    expect((await firesOf(catalog, id))[3]).toBe("04:00 started planned");
  });

  test("takes up very many missed times in parts, each once", async () => {
    const { clock, catalog } = await open("2026-11-01T00:00:30Z");
    const timing = { type: "every", minutes: 1, offsetMinutes: 0 } as const;
    const { id } = await addSchedule(catalog, "minutely", { timing, catchUpMinutes: 1 });
    clock.set("2026-11-02T00:00:30Z");
    const seen = await settle(catalog);
    expect(seen.filter(({ outcome }) => outcome === "missed")).toHaveLength(1_439);
    expect((await firesOf(catalog, id)).at(-1)).toBe("00:00 started planned");
  });

  test("that is paused fires no more, and goes on with the next time", async () => {
    const { clock, catalog } = await open();
    const { id, project, name } = await addSchedule(catalog, "paused", { overlap: "queue" });
    const ref = { project, name };
    for (const hour of ["01", "02"]) {
      clock.set(`2026-11-21T${hour}:00:00Z`);
      await settle(catalog);
    }
    expect(await catalog.schedules.areAwaited()).toBe(true);
    await catalog.schedules.pause(ref, { reason: "holiday", by: "operator" });
    expect(await catalog.schedules.areAwaited()).toBe(false);
    await endRuns(catalog);
    clock.set("2026-11-21T04:30:00Z");
    await settle(catalog);
    expect(await firesOf(catalog, id)).toEqual(["01:00 started succeeded", "02:00 skipped"]);
    expect((await catalog.fires.list({ schedule: id, state: "skipped" })).items[0]?.reason).toContain("holiday");
    await catalog.fires.trigger(id);
    await settle(catalog);
    await endRuns(catalog);
    await catalog.schedules.resume(ref);
    clock.set("2026-11-21T05:00:00Z");
    await settle(catalog);
    expect((await firesOf(catalog, id)).slice(2)).toEqual(["04:30 started succeeded", "05:00 started planned"]);
  });

  test("keeps a fire that waits for its jitter when something else of it is changed", async () => {
    const { clock, catalog } = await open();
    const { id, project, name } = await addSchedule(catalog, "jittery", { jitterSeconds: 1_800 });
    const ref = { project, name };
    const first = await catalog.schedules.find(ref);
    expect(first?.nextDueAt?.getTime()).toBeGreaterThan(first?.nextFireAt?.getTime() ?? 0);
    clock.set("2026-11-21T01:00:01Z");
    await settle(catalog);
    await catalog.schedules.change(ref, { overlap: "queue" });
    await catalog.schedules.change(ref, { jitterSeconds: 0 });
    await settle(catalog);
    expect(await firesOf(catalog, id)).toEqual(["01:00 started planned"]);
    const timing = { type: "every", minutes: 30, offsetMinutes: 0 } as const;
    expect((await catalog.schedules.change(ref, { timing }))?.nextFireAt).toEqual(new Date("2026-11-21T01:30:00Z"));
    const over = { endsAt: new Date("2026-11-21T01:10:00Z") };
    await expect(catalog.schedules.change(ref, over)).rejects.toMatchObject({ code: "never-fires" });
  });

  test("forgets fires that ended long ago, but for the newest and those whose run is open", async () => {
    const { clock, catalog } = await open();
    const { id, project, name } = await addSchedule(catalog, "old");
    for (const hour of ["01", "02", "03"]) {
      clock.set(`2026-11-21T${hour}:00:00Z`);
      if (hour === "02") await endRuns(catalog);
      await settle(catalog);
    }
    await catalog.schedules.pause({ project, name }, { reason: "winter", by: "operator" });
    clock.set("2026-12-25T00:00:00Z");
    const options = { ...defaultOptions, windows: {}, keepFiresMs: 32 * 86_400_000 };
    const forget = () => tidy({ catalog, producer: {}, options } as unknown as DispatcherDeps);
    await forget();
    expect(await firesOf(catalog, id)).toEqual(["02:00 started planned", "03:00 skipped"]);
    await endRuns(catalog);
    await catalog.fires.backfill(id, [new Date("2026-11-21T01:00:00Z")]);
    await settle(catalog);
    await endRuns(catalog);
    await forget();
    expect(await firesOf(catalog, id), "what was backfilled today is new").toEqual([
      ...["01:00 started succeeded", "03:00 skipped"],
    ]);
    expect((await catalog.runs.list({})).items).toHaveLength(3);
  });

  test("whose time zone this machine does not know is paused with the reason, and holds nobody up", async () => {
    const { clock, catalog } = await open();
    const { id, project, name } = await addSchedule(catalog, "astray");
    const sound = await addSchedule(catalog, "sound");
    const timing = { type: "cron", expression: "0 * * * *", timeZone: "Mars/Olympus" };
    await catalog.pool.query("update loramill.schedules set timing = $2 where id = $1", [id, timing]);
    clock.set("2026-11-21T01:00:00Z");
    await settle(catalog);
    expect(await catalog.schedules.find({ project, name })).toMatchObject({
      pausedReason: expect.stringContaining("there is no time zone"),
    });
    expect(await firesOf(catalog, sound.id)).toEqual(["01:00 started planned"]);
  });
});

describe("while a run is open", () => {
  const hours = async (overlap: "skip" | "queue" | "replace") => {
    const { clock, catalog } = await open();
    const { id } = await addSchedule(catalog, overlap, { overlap });
    for (const hour of ["01", "02", "03"]) {
      clock.set(`2026-11-21T${hour}:00:00Z`);
      await settle(catalog);
    }
    const during = await firesOf(catalog, id);
    const asked = await catalog.pool.query("select 1 from loramill.runs where cancel_requested_at is not null");
    await endRuns(catalog, overlap === "replace" ? "cancelled" : "succeeded");
    await settle(catalog);
    return { during, cancels: asked.rowCount, after: await firesOf(catalog, id) };
  };

  test("`skip` leaves the new fires out", async () => {
    const { during, cancels, after } = await hours("skip");
    expect([during, cancels]).toEqual([["01:00 started planned", "02:00 skipped", "03:00 skipped"], 0]);
    expect(after).toEqual(["01:00 started succeeded", "02:00 skipped", "03:00 skipped"]);
  });

  test("`queue` lets one wait for its end", async () => {
    const { during, cancels, after } = await hours("queue");
    expect([during, cancels]).toEqual([["01:00 started planned", "02:00 waiting", "03:00 skipped"], 0]);
    expect(after).toEqual(["01:00 started succeeded", "02:00 started planned", "03:00 skipped"]);
  });

  test("`replace` ends it, and the newest fire begins when it has ended", async () => {
    const { during, cancels, after } = await hours("replace");
    expect([during, cancels]).toEqual([["01:00 started planned", "02:00 skipped", "03:00 waiting"], 1]);
    expect(after).toEqual(["01:00 started cancelled", "02:00 skipped", "03:00 started planned"]);
  });

  test("fires that wait for long keep no others from their turn", async () => {
    const { clock, catalog } = await open();
    for (const overlap of ["queue", "replace"] as const) await addSchedule(catalog, `long ${overlap}`, { overlap });
    for (const hour of ["01", "02"]) {
      clock.set(`2026-11-21T${hour}:00:00Z`);
      await settle(catalog);
    }
    expect(await catalog.fires.waiting(9)).toEqual([]);
    const { id } = await addSchedule(catalog, "late");
    await catalog.fires.trigger(id);
    expect(await catalog.fires.waiting(9)).toEqual([id]);
    await settle(catalog);
    await catalog.pool.query("update loramill.runs set cancel_requested_at = null");
    expect(await catalog.fires.waiting(9)).toHaveLength(1);
    await endRuns(catalog);
    expect(await catalog.fires.waiting(9)).toHaveLength(2);
  });

  test("fires of a backfill wait one after the other, and those that came to nothing are made once more", async () => {
    const { clock, catalog } = await open();
    const { id } = await addSchedule(catalog, "backfilled", { catchUpMinutes: 10 });
    clock.set("2026-11-21T03:20:00Z");
    await settle(catalog);
    expect(await firesOf(catalog, id)).toEqual(["01:00 missed", "02:00 missed", "03:00 missed"]);
    const times = ["00:00", "02:00", "03:00"].map((time) => new Date(`2026-11-21T${time}:00Z`));
    await catalog.fires.backfill(id, times);
    await catalog.fires.backfill(id, times);
    await settle(catalog);
    expect(await firesOf(catalog, id)).toEqual([
      ...["00:00 started planned", "01:00 missed", "02:00 waiting", "03:00 waiting"],
    ]);
    for (let turn = 0; turn < 2; turn += 1) {
      await endRuns(catalog);
      await settle(catalog);
    }
    expect((await firesOf(catalog, id)).slice(2)).toEqual(["02:00 started succeeded", "03:00 started planned"]);
    expect(await catalog.fires.present(id, times)).toHaveLength(3);
  });
});

/** The invariant: every time has one fire, every fire one run at most, and every run of a schedule one fire. */
async function expectOneRunPerFire(catalog: Catalog, fires: number): Promise<void> {
  const { rows } = await catalog.pool.query(
    `select (select count(*) from loramill.fires)::int as fires,
       (select count(distinct run) from loramill.fires where state = 'started')::int as runs,
       (select count(*) from loramill.runs)::int as all_runs`,
  );
  expect(rows[0]).toEqual({ fires, runs: fires, all_runs: fires });
}

describe("exactly one run per fire", () => {
  test("of four dispatchers and four planners that all believe to lead", async () => {
    const { clock, catalog } = await open();
    const everybody = [catalog, ...Array.from({ length: 3 }, () => server.openAgain(catalog.url, { clock }))];
    const names = ["a", "b", "c", "d", "e"];
    for (const name of names) await addSchedule(catalog, name, { jitterSeconds: 600, overlap: "queue" });
    for (let hour = 0; hour < 6; hour += 1) {
      clock.pass(60);
      await Promise.all(
        everybody.flatMap((each) => [
          fireSchedules({ catalog: each, log }),
          fireSchedules({ catalog: each, log }).then(() => planFire(each)),
          planFire(each),
        ]),
      );
      await settle(catalog);
      await endRuns(catalog);
    }
    await expectOneRunPerFire(catalog, names.length * 6);
  });

  test.each(["before", "after"] as const)("though the process dies %s any of its steps", async (when) => {
    const { clock, catalog } = await open();
    await addSchedule(catalog, "crashed", { overlap: "queue" });
    const crash = createCrashPoint();
    const watched = <T extends object>(group: T): T =>
      new Proxy(group, {
        get: (of, name, self) => {
          const value: unknown = Reflect.get(of, name, self);
          return typeof value === "function" ? (...args: unknown[]) => crash.step(() => value.apply(of, args)) : value;
        },
      });
    const dying = {
      ...catalog,
      fires: watched(catalog.fires),
      runs: watched(catalog.runs),
      projects: watched(catalog.projects),
    };
    const life = async () => {
      await fireSchedules({ catalog: dying, log });
      await planFire(dying);
    };
    let fires = 0;
    for (let n = 1; ; n += 1) {
      clock.pass(60);
      fires += 1;
      crash.arm({ n, when });
      await life().catch((error: unknown) => {
        if (!crash.hasCrashed) throw error;
      });
      const done = !crash.hasCrashed;
      crash.revive();
      // Whoever comes next gets what the dead one had claimed once its claim is over.
      clock.pass(2);
      await settle(catalog);
      await endRuns(catalog);
      clock.pass(-2);
      if (done) break;
    }
    expect(fires).toBeGreaterThan(6);
    await expectOneRunPerFire(catalog, fires);
  });
});
