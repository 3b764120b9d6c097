import type { RunEvent } from "@loramill/contracts";
import { expect, test } from "vitest";
import { lossesOf } from "./losses.ts";

const progress = (id: number, job: `job_${string}`, step: number, loss: number): RunEvent => ({
  id,
  at: "2026-11-21T12:00:00.000Z",
  run: "run_1",
  step: "train",
  job,
  type: "job.progress",
  data: { step, loss },
});

test("each training has a line of its own, and one that went back to a checkpoint is drawn from there", () => {
  const events = [
    progress(1, "job_a", 10, 0.9),
    progress(2, "job_b", 10, 0.8),
    progress(3, "job_a", 20, 0.7),
    progress(4, "job_a", 30, 0.6),
    progress(5, "job_a", 15, 0.75),
  ];
  const losses = lossesOf(events, "train");
  expect(losses.get("job_a")).toEqual([
    { x: 10, y: 0.9 },
    { x: 15, y: 0.75 },
  ]);
  expect(losses.get("job_b")).toEqual([{ x: 10, y: 0.8 }]);
  expect(lossesOf(events, "other").size).toBe(0);
});
