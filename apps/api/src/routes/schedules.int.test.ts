import type { Catalog } from "@loramill/catalog";
import type { FireView, Problem, ScheduleView } from "@loramill/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ofProject, type ServedRoutes, serveRoutes } from "../../test/serve-routes.ts";
import { scheduleRoutes } from "./schedules.ts";

let catalog: Catalog;
let routes: ServedRoutes;
beforeAll(async () => {
  routes = await serveRoutes(scheduleRoutes);
  catalog = routes.catalog;
});
afterAll(() => routes.close());

const run = { name: "dog", generate: { prompts: ["a dog"] }, budgetUsd: 2 };
const nightly = { name: "nightly", run, timing: { type: "cron", expression: "0 2 * * *", timeZone: "Europe/Berlin" } };

async function ask<Answer>(
  request: string,
  { payload, headers = {} }: { payload?: object; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const [method, url = ""] = request.split(" ");
  const answer = await routes.server.inject({
    ...{ method: method as "GET", url, headers },
    ...(payload === undefined ? {} : { payload }),
  });
  return answer.json<Answer>();
}

test("a schedule is made with every default, shown with its next times, changed, and removed", async () => {
  const made = await ask<ScheduleView>("POST /v1/schedules", { payload: nightly });
  const hours = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/Berlin", timeStyle: "short" });
  expect(made).toMatchObject({
    ...{ name: "nightly", project: "default", runName: "{name} {date}", overlap: "skip", catchUpMinutes: 60 },
    ...{ jitterSeconds: 0, pauseAfterFailures: 5, deadlineMinutes: null, paused: null, failures: 0, lastFire: null },
    run: { name: "dog", budgetUsd: 2 },
  });
  expect(made.nextFires).toHaveLength(5);
  // At the end of the hour that is left out, should one of them be that day.
  for (const at of made.nextFires) expect(["02:00", "03:00"]).toContain(hours.format(new Date(at)));
  expect(await ask<Problem>("POST /v1/schedules", { payload: nightly })).toMatchObject({
    status: 409,
    code: "schedule-exists",
    details: { field: "name" },
  });
  const endsAt = "2099-01-01T00:00:00.000Z";
  const changed = await ask<ScheduleView>("PATCH /v1/schedules/nightly", { payload: { overlap: "queue", endsAt } });
  expect(changed).toMatchObject({ overlap: "queue", endsAt, timing: made.timing, runName: made.runName });
  expect((await ask<ScheduleView>("PATCH /v1/schedules/nightly", { payload: { endsAt: null } })).endsAt).toBeNull();
  expect(await ask("GET /v1/schedules/nightly")).toMatchObject({ overlap: "queue" });
  expect(await ask("DELETE /v1/schedules/nightly")).toMatchObject({ name: "nightly" });
  expect(await ask("GET /v1/schedules/nightly")).toMatchObject({ status: 404, code: "not-found" });
});

test("what cannot be is refused with the field", async () => {
  const refused = async (more: object) =>
    (await ask<Problem>("POST /v1/schedules", { payload: { ...nightly, name: "refused", ...more } })).detail;
  const cron = { ...nightly.timing, expression: "0 25 * * *" };
  expect(await refused({ timing: cron })).toContain('the cron expression "0 25 * * *" is wrong');
  expect(await refused({ timing: { ...nightly.timing, timeZone: "Europe/Bielefeld" } })).toContain("no time zone");
  expect(await refused({ timing: { type: "once", at: "2020-01-01T00:00:00Z" } })).toContain("it would never fire");
  expect(await refused({ run: { ...run, deadline: "2026-12-01T00:00:00Z" } })).toContain("deadlineMinutes");
  expect(await refused({ run: { ...run, project: "dogs" } })).toContain('its project, which is "default"');
  expect(await refused({ runName: "{weekday}" })).toContain("{schedule}");
  expect(await refused({ overlap: "pile up" })).toContain("overlap");
  const payload = { ...nightly, name: "refused", overlap: "pile up", run: { ...run, budgetUsd: -1 } };
  const wrong = (field: string) => expect.objectContaining({ field });
  expect(await ask("POST /v1/schedules", { payload })).toMatchObject({
    details: { problems: expect.arrayContaining([wrong("overlap"), wrong("run.budgetUsd")]) },
  });
});

test("a key sees and changes the schedules of its own project only", async () => {
  const headers = ofProject;
  await ask("POST /v1/schedules", { payload: { ...nightly, name: "ours", project: "cats" } });
  await ask("POST /v1/schedules", { payload: { ...nightly, name: "theirs", project: "dogs" } });
  const list = async (query = "") =>
    (await ask<{ items: ScheduleView[] }>(`GET /v1/schedules${query}`, { headers })).items.map(({ name }) => name);
  expect(await list()).toEqual(["ours"]);
  expect(await ask("GET /v1/schedules?project=dogs", { headers })).toMatchObject({ status: 403 });
  for (const request of ["GET ", "DELETE ", "POST /trigger", "POST /pause", "GET /fires"]) {
    const [method, order] = request.split(" ");
    expect(await ask(`${method} /v1/schedules/theirs${order}`, { headers })).toMatchObject({ status: 404 });
    expect(await ask(`${method} /v1/schedules/theirs${order}?project=dogs`, { headers })).toMatchObject({
      status: 403,
    });
  }
  expect(
    await ask("POST /v1/schedules", { payload: { ...nightly, name: "mine", project: "dogs" }, headers }),
  ).toMatchObject({
    status: 403,
  });
});

test("reading makes no project", async () => {
  expect(await ask("GET /v1/schedules?project=nobody")).toEqual({ items: [], next: null });
  for (const request of ["GET ", "GET /fires", "DELETE ", "POST /trigger"]) {
    const [method, order] = request.split(" ");
    expect(await ask(`${method} /v1/schedules/none${order}?project=nobody`)).toMatchObject({ status: 404 });
  }
  expect((await catalog.projects.list()).map(({ name }) => name)).not.toContain("nobody");
});

test("is paused with a reason, triggered all the same, and resumed; the audit tells who did", async () => {
  await ask("POST /v1/schedules", { payload: { ...nightly, name: "stopped" } });
  const payload = { reason: "new pictures" };
  expect(await ask("POST /v1/schedules/stopped/pause", { payload })).toMatchObject({
    ...{ paused: { reason: "new pictures", by: "operator" }, nextFires: [] },
  });
  const fire = await ask<FireView>("POST /v1/schedules/stopped/trigger");
  expect(fire).toMatchObject({ origin: "trigger", state: "waiting", run: null });
  expect(await ask("GET /v1/schedules/stopped")).toMatchObject({ lastFire: { id: fire.id } });
  expect(await ask("POST /v1/schedules/stopped/resume")).toMatchObject({ paused: null });
  const audit = await catalog.fleet.audit.list({ subject: "schedule default/stopped", limit: 9 });
  expect(audit.map(({ action }) => action).reverse()).toEqual(
    ["create", "pause", "trigger", "resume"].map((action) => `schedule.${action}`),
  );
});

test("a backfill says what it would do, does it, and is bounded", async () => {
  const timing = { type: "every", minutes: 360 };
  await ask("POST /v1/schedules", { payload: { ...nightly, name: "filled", timing } });
  const backfill = (payload: object) =>
    ask<Problem & { fires: string[]; present: number }>("POST /v1/schedules/filled/backfill", { payload });
  const stretch = { from: "2026-10-01T00:00:00Z", to: "2026-10-02T00:00:00Z" };
  const preview = await backfill({ ...stretch, preview: true });
  expect(preview.fires.map((at) => at.slice(11, 16))).toEqual(["00:00", "06:00", "12:00", "18:00"]);
  expect(await backfill(stretch)).toEqual(preview);
  expect(await backfill(stretch)).toEqual({ fires: [], present: 4 });
  expect(await backfill({ ...stretch, from: "2020-01-01T00:00:00Z" })).toMatchObject({ code: "too-many-fires" });
  expect(await backfill({ ...stretch, to: "2099-01-01T00:00:00Z" })).toMatchObject({ code: "bad-stretch" });

  const pages: string[] = [];
  let cursor = "";
  for (let next: string | null = ""; next !== null; ) {
    const page: { items: FireView[]; next: string | null } = await ask(
      `GET /v1/schedules/filled/fires?limit=3${cursor}`,
    );
    pages.push(page.items.map(({ fireAt }) => fireAt.slice(11, 13)).join());
    next = page.next;
    cursor = `&cursor=${next}`;
  }
  expect(pages).toEqual(["18,12,06", "00"]);
  expect(await ask("GET /v1/schedules/filled/fires?state=failed")).toEqual({ items: [], next: null });
});

test("schedules come in pages, and the times of a timing can be looked at before", async () => {
  for (const name of ["p1", "p2", "p3"]) {
    await ask("POST /v1/schedules", { payload: { ...nightly, name, project: "pages" } });
  }
  type Listed = { items: ScheduleView[]; next: string | null };
  const first = await ask<Listed>("GET /v1/schedules?project=pages&limit=2");
  const rest = await ask<Listed>(`GET /v1/schedules?project=pages&limit=2&cursor=${first.next}`);
  expect([first, rest].map(({ items }) => items.map(({ name }) => name))).toEqual([["p1", "p2"], ["p3"]]);
  expect(rest.next).toBeNull();
  const payload = { timing: nightly.timing, after: "2026-03-28T12:00:00Z", count: 2 };
  expect(await ask("POST /v1/fire-times", { payload })).toEqual({
    times: ["2026-03-29T01:00:00.000Z", "2026-03-30T00:00:00.000Z"],
  });
});
