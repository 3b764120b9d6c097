import { expect, test } from "vitest";
import { toGauges } from "./housekeeping.ts";

test("tells the backlog by queue: jobs by state, the longest wait, lost workers", () => {
  const jobs = { waiting: 4, released: 1, active: 2, parked: 3, due: 1, starved: 2 };
  expect(toGauges([{ queue: "train", ...jobs, oldestWaitSeconds: 9, lostWorkers: 2 }])).toEqual([
    { queue: "train", jobs, oldestWaitSeconds: 9, lostWorkers: 2 },
  ]);
});
