export { generatorWorkerConfig } from "./config.ts";
export { type GeneratorDeps, generateImages } from "./generate-images.ts";
export { createGeneratorWorker, generatorWorker } from "./worker.ts";
