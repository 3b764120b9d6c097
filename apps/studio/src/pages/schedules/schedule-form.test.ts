import { ScheduleBody, type ScheduleView } from "@loramill/contracts";
import { expect, test } from "vitest";
import { changeOf, emptyForm, fieldsOfRun, formOf, readForm } from "./schedule-form.ts";

const SPEC = "name: dog\ngenerate: { prompts: [a dog] }\n";
const form = { ...emptyForm("default", "Asia/Tokyo"), name: "nightly", spec: SPEC };

const viewOf = (body: ScheduleBody): ScheduleView => ({
  ...body,
  ...{ id: "sch_1", paused: null, failures: 0, nextFires: [], lastFire: null },
  ...{ createdAt: "2026-11-21T00:00:00.000Z", changedAt: "2026-11-21T00:00:00.000Z" },
});

test("a form that only has a name and a spec asks for what the API would take by itself", () => {
  const { body } = readForm(form);
  const timing = { type: "cron", expression: "0 2 * * *", timeZone: "Asia/Tokyo" };
  const run = { name: "dog", generate: { prompts: ["a dog"] } };
  expect(body).toEqual(ScheduleBody.parse({ name: "nightly", timing, run }));
});

test("a schedule that is not touched changes nothing, and one that is only what was touched", () => {
  const timing = { type: "every", minutes: 90, offsetMinutes: 15 };
  const run = { name: "dog", generate: { prompts: ["a dog"] }, budgetUsd: 2 };
  const limits = { jitterSeconds: 90, catchUpMinutes: 120, deadlineMinutes: 1_440, monthlyBudgetUsd: 50 };
  const bounds = { startsAt: "2026-12-01T10:30:00.000Z", endsAt: "2027-12-01T10:30:15.000Z", pauseAfterFailures: null };
  const before = viewOf(ScheduleBody.parse({ name: "often", timing, run, ...limits, ...bounds, overlap: "queue" }));
  const asForm = formOf(before, "UTC");
  expect(asForm).toMatchObject({ way: "every", budgetUsd: "2", deadline: { amount: "1", unit: "d" } });
  const changed = (fields: Partial<typeof asForm>) => {
    const { body } = readForm({ ...asForm, ...fields });
    return body && changeOf(before, body);
  };
  expect(changed({})).toBeNull();
  expect(changed({ overlap: "skip", monthlyBudgetUsd: "" })).toEqual({ overlap: "skip", monthlyBudgetUsd: null });
  expect(changed({ budgetUsd: "3" })).toMatchObject({ run: { budgetUsd: 3 } });
});

test("everything that is wrong is told at its field", () => {
  const fields = (part: Partial<typeof form>) => readForm({ ...form, ...part }).problems.map(({ field }) => field);
  expect(fields({ name: "", spec: "" })).toEqual(["name", "run"]);
  expect(fields({ spec: "name: [" })).toEqual(["run"]);
  expect(fields({ spec: SPEC.replace(" }", ", steps: 4000 }") })).toEqual(["run.generate.steps"]);
  expect(fields({ spec: `${SPEC}trian: {}` })).toEqual(["run.trian"]);
  expect(fields({ spec: `${SPEC}deadline: 2026-12-01T00:00:00Z` })).toEqual(["run.deadline"]);
  expect(fields({ budgetUsd: "-1" })).toEqual(["run.budgetUsd"]);
  expect(fields({ way: "every", every: { amount: "", unit: "h" } })).toEqual(["timing.minutes"]);
  expect(fields({ way: "once" })).toEqual(["timing.at"]);
  expect(fields({ runName: "{weekday}", jitter: { amount: "2", unit: "d" } })).toEqual(["runName", "jitterSeconds"]);
});

test("of a run's spec the form takes what holds for every fire, and its budget by itself", () => {
  const spec = { name: "dog 2026-11-20", project: "dogs", generate: { prompts: ["a dog"] }, budgetUsd: 4 };
  const taken = fieldsOfRun({ ...spec, deadline: "2026-12-01T00:00:00Z" });
  expect(taken).toEqual({ spec: "name: dog\ngenerate:\n  prompts:\n    - a dog\n", budgetUsd: "4" });
});
