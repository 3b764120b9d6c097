export { checkLoras } from "./check-loras.ts";
export { evaluatorWorkerConfig } from "./config.ts";
export type { LoraToolsDeps } from "./deps.ts";
export { editLora } from "./edit-lora.ts";
export { extractLora } from "./extract-lora.ts";
export { mergeIntoModel } from "./merge-into-model.ts";
export { evaluatorWorker } from "./worker.ts";
