export { trainerWorkerConfig } from "./config.ts";
export { trainLora } from "./train-lora.ts";
export type { TrainerDeps } from "./training.ts";
export { createRequestLoader, type RequestLoader } from "./training-request.ts";
export { createTrainerWorker, trainerWorker } from "./worker.ts";
