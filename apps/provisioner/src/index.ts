export { provisionerWorkerConfig } from "./config.ts";
export { provisionerWorker } from "./worker.ts";
