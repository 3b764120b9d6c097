export { generatorWorkerConfig } from "./config.ts";
export { type GeneratorDeps, generateImages } from "./generate-images.ts";
export { type GenerationBackendParts, openGenerationBackends } from "./open-generation-backends.ts";
export { createGeneratorWorker, generatorWorker } from "./worker.ts";
