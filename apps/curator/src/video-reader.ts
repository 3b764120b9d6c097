import type { ReadLimits } from "@loramill/imaging";
import type { VideoReader } from "@loramill/storage";
import { readVideo, type VideoOptions } from "@loramill/video";

/** Lets sources read videos, with the limits of pictures for their frames. */
export function createVideoReader(video: VideoOptions, images: ReadLimits): VideoReader {
  return (source, { limits, signal }) =>
    readVideo(source, {
      video: { ...video, maxFrames: Math.min(video.maxFrames, limits.maxFiles) },
      images,
      maxTotalBytes: limits.maxTotalBytes,
      signal,
    });
}
