export { trainerWorkerConfig } from "./config.ts";
export { type TrainerDeps, trainLora } from "./train-lora.ts";
export { createRequestLoader, type RequestLoader } from "./training-request.ts";
export { createTrainerWorker, trainerWorker } from "./worker.ts";
