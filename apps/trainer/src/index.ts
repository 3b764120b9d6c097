export { createTrainerProcessors } from "./processors.ts";
export { type TrainerDeps, trainLora } from "./train-lora.ts";
export { createRequestLoader, type RequestLoader } from "./training-request.ts";
