import type { InputOf, JobContext, Stores, TrainingBackend } from "@loramill/contracts";
import { trainLora } from "./train-lora.ts";
import { createRequestLoader } from "./training-request.ts";

/** The processors of the queue `train`, for a worker of its own or for the mill. */
export function createTrainerProcessors(deps: {
  readonly stores: Stores;
  readonly backends: readonly TrainingBackend[];
}) {
  const requests = createRequestLoader(deps.stores);
  return {
    "train-lora": (input: InputOf<"train-lora">, ctx: JobContext) => trainLora(input, { ...deps, requests }, ctx),
  };
}
