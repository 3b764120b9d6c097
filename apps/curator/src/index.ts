export { assembleDataset } from "./assemble-dataset.ts";
export { curatorWorkerConfig } from "./config.ts";
export type { CuratorDeps } from "./deps.ts";
export { indexSource } from "./index-source.ts";
export { prepareImages } from "./prepare-images.ts";
export { curatorWorker } from "./worker.ts";
