export { generatorWorkerConfig } from "./config.ts";
export { generateImages } from "./generate-images.ts";
export type { GeneratorDeps } from "./making.ts";
export { createGeneratorWorker, generatorWorker } from "./worker.ts";
