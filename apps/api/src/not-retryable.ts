import type { RetryAnswer } from "@loramill/catalog";
import { statesAllowing, UserError } from "@loramill/contracts";

/** Why a job is not tried again, and what helps instead. */
export function notRetryable({ run, job, step }: Extract<RetryAnswer, { kind: "not-retryable" }>): UserError {
  const refuse = (why: string) =>
    new UserError(why, {
      code: "wrong-state",
      details: { run, jobState: job, step: step.name, stepState: step.state },
    });
  if (!statesAllowing("job", "resume").includes(job)) {
    return refuse(`the job is ${job}; only jobs that failed, were cancelled or are in quarantine can be tried again`);
  }
  if (step.state === "succeeded" || step.state === "reused") {
    return refuse(
      `the step "${step.name}" has ${step.state === "reused" ? "been reused" : "succeeded"} without this job, and later steps build on what it gave; to include the job's items, submit the spec again with policy.reuse: false`,
    );
  }
  return refuse(
    `the step "${step.name}" is ${step.state}: wait until the run has ended, or resume it (POST /v1/runs/${run}/resume), which tries all such jobs again`,
  );
}
