import { TrainingPage, type TrainingQueryInput } from "@loramill/contracts";
import type { Caller } from "./caller.ts";

/** `/v1/trainings`: the train steps of all runs. */
export function trainingCalls({ call }: Pick<Caller, "call">) {
  return {
    /** Newest first. */
    list: ({
      signal,
      ...query
    }: Omit<TrainingQueryInput, "limit"> & { readonly limit?: number; readonly signal?: AbortSignal } = {}) =>
      call({ path: "/v1/trainings", query, answer: TrainingPage, signal }),
  };
}
