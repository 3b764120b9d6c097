import { expect, test } from "vitest";
import { emptyBulkForm, readBulkForm } from "./bulk-form.ts";

const BATCH = `bat_${"0".repeat(32)}`;

test("what is left empty is no part of the filter", () => {
  expect(readBulkForm(emptyBulkForm({})).request).toEqual({ action: { kind: "cancel" }, filter: {}, limit: 1_000 });
  const form = emptyBulkForm({ kind: "resume", budgetUsd: "3", states: ["failed"], name: "zorb*", project: "cats" });
  expect(readBulkForm(form, BATCH).request).toMatchObject({
    action: { kind: "resume", budgetUsd: 3 },
    filter: { batch: BATCH, states: ["failed"], name: "zorb*", project: "cats" },
  });
});

test("what is wrong is told by its field", () => {
  const fields = (part: Parameters<typeof emptyBulkForm>[0]) =>
    readBulkForm(emptyBulkForm(part)).problems.map(({ field }) => field);
  expect(fields({ kind: "priority", priority: "12" })).toEqual(["action.priority"]);
  expect(fields({ kind: "priority", priority: "" })).toEqual(["action.priority"]);
  expect(fields({ kind: "resume", budgetUsd: "-1", project: "no/such" })).toEqual([
    "action.budgetUsd",
    "filter.project",
  ]);
});
