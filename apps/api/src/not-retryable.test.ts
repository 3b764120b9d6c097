import { expect, test } from "vitest";
import { notRetryable } from "./not-retryable.ts";

const run = `run_${"0".repeat(32)}` as const;
const refused = (job: "active" | "failed" | "quarantined", state: "succeeded" | "running" | "failed") =>
  notRetryable({ kind: "not-retryable", run, job, step: { name: "caption", state } });

test("a job of a step that succeeded without it is refused with the reason, and what to do instead", () => {
  const error = refused("quarantined", "succeeded");
  expect(error.code).toBe("wrong-state");
  expect(error.message).toContain('the step "caption" has succeeded without this job');
  expect(error.message).toContain("policy.reuse: false");
  expect(error.details).toEqual({ run, jobState: "quarantined", step: "caption", stepState: "succeeded" });
});

test("a job that is at work, or whose run must end first, is refused with its state", () => {
  expect(refused("active", "running").message).toContain("the job is active");
  expect(refused("failed", "failed").message).toContain(`POST /v1/runs/${run}/resume`);
});
