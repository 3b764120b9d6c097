import type { Candidate } from "@loramill/catalog";
import { expect, test } from "vitest";
import { withinCaps } from "./release.ts";

const now = new Date("2026-01-01T00:00:00Z");
const candidate = (job: number, more: Partial<Candidate> = {}): Candidate => ({
  job: `job_${job}`,
  project: "p",
  run: "run_1",
  batch: null,
  queue: "generate",
  priority: 5,
  waitingSince: new Date(now.getTime() - 1_000 + job),
  estimateMicroUsd: 0,
  leastMicroUsd: null,
  ...more,
});
const cap = (most: number, open = 0, fits: (job: Candidate) => boolean = () => true) => ({
  fits,
  capOf: () => most,
  open: new Map([["p", open]]),
  now,
  ageingMs: 60_000,
});
const jobs = (candidates: readonly Candidate[]) => candidates.map(({ job }) => job);

test("keeps everything below the cap", () => {
  const all = [candidate(1), candidate(2)];
  expect(withinCaps(all, cap(2))).toEqual(all);
});

test("keeps the most urgent, then the oldest, as many as the cap has room for", () => {
  const all = [candidate(1), candidate(2), candidate(3, { priority: 0 }), candidate(4)];
  expect(jobs(withinCaps(all, cap(5, 3)))).toEqual(["job_3", "job_1"]);
  expect(jobs(withinCaps(all, cap(5, 9)))).toEqual([]);
});

test("gives no place to a job that fits no budget, and still shows it", () => {
  const all = [candidate(1, { estimateMicroUsd: 10 }), candidate(2, { run: "run_2" }), candidate(3, { run: "run_2" })];
  expect(
    jobs(
      withinCaps(
        all,
        cap(1, 0, ({ run }) => run !== "run_1"),
      ),
    ),
  ).toEqual(["job_2", "job_1"]);
});
