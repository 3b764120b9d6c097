export { type CaptionerDeps, captionImages } from "./caption-images.ts";
export { captionerWorkerConfig } from "./config.ts";
export { type Gates, openGates } from "./gate.ts";
export { shrink } from "./shrink.ts";
export { captionerWorker } from "./worker.ts";
