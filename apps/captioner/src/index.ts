export { type CaptionerDeps, captionImages } from "./caption-images.ts";
export { createCaptionerProcessors } from "./processors.ts";
