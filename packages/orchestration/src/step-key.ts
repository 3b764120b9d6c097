import { type Digest, digestOf, type JsonObject, type PlannedStep } from "@loramill/contracts";

/**
 * The digest of everything that decides a step's result: the processor and its version, the parameters, and the output
 * digests of the steps it needs. What lies outside the store (a folder's content) stands for the parameters that name
 * it, so that the same pictures in another folder give the same key.
 */
export function stepKey(
  step: Pick<PlannedStep, "job" | "jobVersion" | "params" | "external">,
  inputs: Readonly<Record<string, Digest>>,
): Digest {
  const what: JsonObject = step.external === null ? { params: step.params } : { external: step.external };
  return digestOf({ job: step.job, jobVersion: step.jobVersion, inputs: { ...inputs }, ...what });
}
