export { createClipTools } from "./clip-tools.ts";
export { type FrameFile, type ReadVideoOptions, type RefusedPart, readVideo } from "./read-video.ts";
export { type VideoOptions, videoConfig } from "./video-config.ts";
export { readVideoTags, type VideoFile, writeVideoTags } from "./video-tags.ts";
