import { expect, test } from "vitest";
import { toGauges, toSpending } from "./gauges.ts";

test("tells the backlog by queue: jobs by state, the longest wait, lost workers", () => {
  const jobs = { waiting: 4, released: 1, active: 2, parked: 3, due: 1, starved: 2 };
  expect(toGauges([{ queue: "train", ...jobs, oldestWaitSeconds: 9, lostWorkers: 2 }])).toEqual([
    { queue: "train", jobs, oldestWaitSeconds: 9, lostWorkers: 2 },
  ]);
});

test("tells ceilings by whom they bind, and whether machines may be rented", () => {
  const amounts = {
    limitMicroUsd: 5_000,
    spentMicroUsd: 1_200,
    reservedMicroUsd: 0,
    since: new Date(0),
    reopensAt: null,
  };
  const account = { kind: "ceiling", scope: { kind: "account" }, period: "day" } as const;
  const cats = { kind: "ceiling", scope: { kind: "project", project: "cats" }, period: "total" } as const;
  const limits = [
    { ...amounts, project: null, of: account },
    { ...amounts, project: "prj_0" as const, of: cats },
  ];
  expect(toSpending(limits, "prices doubled")).toEqual({
    ceilings: [
      { scope: "account", period: "day", limitMicroUsd: 5_000, spentMicroUsd: 1_200 },
      { scope: "project:cats", period: "total", limitMicroUsd: 5_000, spentMicroUsd: 1_200 },
    ],
    isStopped: true,
  });
  expect(toSpending([], null)).toEqual({ ceilings: [], isStopped: false });
});
