export { type CaptionerDeps, captionImages } from "./caption-images.ts";
export { captionerWorkerConfig } from "./config.ts";
export { type OpenedCaptioners, openCaptioners } from "./open-captioners.ts";
export { captionerWorker } from "./worker.ts";
