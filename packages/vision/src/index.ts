export { createFaceFinder } from "./faces/face-finder.ts";
export { openVision, type Vision } from "./open-vision.ts";
export type { TokenCounters } from "./text/open-token-counters.ts";
export { type VisionOptions, visionConfig } from "./vision-config.ts";
