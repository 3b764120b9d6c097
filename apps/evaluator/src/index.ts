export { evaluatorWorkerConfig } from "./config.ts";
export { type EditLoraDeps, editLora } from "./edit-lora.ts";
export { evaluatorWorker } from "./worker.ts";
