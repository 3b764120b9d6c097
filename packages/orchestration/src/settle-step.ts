import type { ErrorRecord, RunPolicy } from "@loramill/contracts";
import type { JobTally, RunDecision, StepSnapshot } from "./run-snapshot.ts";

/** Whether a running step has failed whatever its remaining jobs do. */
export function failsForSure(jobs: JobTally, policy: RunPolicy): boolean {
  if (jobs.failed === 0) return false;
  if (policy.failedItems === "fail") return true;
  return jobs.failed === jobs.total || jobs.failed > policy.maxFailedShare * jobs.total;
}

/**
 * The writes that a running step needs now: none while its jobs are working and it makes sense to let them; its end
 * when they have ended; and where the run stops or the step has failed for sure, the end of its jobs first.
 */
export function settleRunningStep(
  step: StepSnapshot,
  policy: RunPolicy,
  stopped: ErrorRecord | null,
): readonly RunDecision[] {
  const { jobs, name } = step;
  const failed = failsForSure(jobs, policy);
  const failure = failed ? stepFailure(step) : null;
  const why = failure ?? stopped;
  if (jobs.open + jobs.waiting > 0 && why === null) return [];
  const decisions: RunDecision[] = [];
  if (jobs.open + jobs.waiting > 0 && why !== null) {
    decisions.push({ target: "jobs", step: name, event: "cancel", error: why });
    if (jobs.open > 0) return decisions;
  }
  if (failure !== null) return [...decisions, { target: "step", step: name, event: "fail", error: failure }];
  if (jobs.waiting > 0 || jobs.cancelled > 0) {
    const error =
      stopped ?? record("permanent", "jobs-cancelled", `${count(jobs.cancelled)} of step ${name} cancelled`);
    return [...decisions, { target: "step", step: name, event: "cancel", error }];
  }
  return [{ target: "step", step: name, event: "succeed", complete: jobs.failed === 0 }];
}

function stepFailure({ name, jobs, error }: StepSnapshot): ErrorRecord {
  if (error && jobs.total === 1) return error;
  const message = `${jobs.failed} of ${jobs.total} jobs of step ${name} failed`;
  if (!error) return record("permanent", "jobs-failed", message);
  return { ...error, message: `${message}; the first with: ${error.message}`.slice(0, 4096) };
}

const count = (jobs: number): string => (jobs === 1 ? "1 job" : `${jobs} jobs`);

export function record(errorClass: ErrorRecord["class"], code: string, message: string): ErrorRecord {
  return { class: errorClass, code, message, details: {} };
}
