import { describe, expect, it } from "vitest";
import { defineJob, queueNames } from "./define-job.ts";
import { type JobName, jobs } from "./index.ts";
import { JobOutput } from "./job-output.ts";

const all = Object.entries(jobs);

describe("jobs", () => {
  it("are listed under their names, each for a queue that exists", () => {
    for (const [name, job] of all) {
      expect(job.name).toBe(name);
      expect(queueNames).toContain(job.queue);
      expect(job.version).toBeGreaterThanOrEqual(1);
    }
  });

  it("have a policy in which a try can fail without the job, and no wait is longer than its cap", () => {
    for (const [, { policy }] of all) {
      expect(policy.attempts).toBeGreaterThan(1);
      expect(policy.backoffMs).toBeLessThanOrEqual(policy.maxBackoffMs);
      expect(policy.turnTimeoutMs).toBeGreaterThan(1_000);
    }
  });

  it("take the usual policy where they say nothing else", () => {
    const job = defineJob({
      name: "x",
      queue: "lora",
      version: 1,
      input: JobOutput,
      output: JobOutput,
      policy: { attempts: 9 },
    });
    expect(job.policy).toMatchObject({ attempts: 9, backoffMs: 1_000, maxBackoffMs: 300_000, maxLostWorkers: 4 });
  });

  it("refuse an input that lacks what the work needs", () => {
    for (const name of Object.keys(jobs) as JobName[]) expect(jobs[name].input.safeParse({}).success, name).toBe(false);
  });
});
