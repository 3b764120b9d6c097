import type { Digest } from "./digest.ts";

/** Where things lie in the object store. Blobs and documents are addressed by content, checkpoints by job and step. */
export const blobKey = (sha256: Digest): string => `blobs/${sha256}`;
export const documentKey = (kind: string, digest: Digest): string => `documents/${kind}/${digest}.json`;
export const memoKey = (kind: string, key: Digest): string => `memos/${kind}/${key}.json`;
/** `step` is padded so that keys list in order. */
export const checkpointPrefix = (at: { job: string; epoch: number; step: number }): string =>
  `checkpoints/${at.job}/${at.epoch}/${String(at.step).padStart(9, "0")}/`;
/** Pictures that a trainer drew while it trained. */
export const samplesPrefix = (at: { job: string; epoch: number; step: number }): string =>
  `${samplesOfJob(at.job)}${at.epoch}/${String(at.step).padStart(9, "0")}/`;
export const samplesOfJob = (job: string): string => `samples/${job}/`;
export const checkpointsOfJob = (job: string): string => `checkpoints/${job}/`;
/** Newest look at an item that is being drawn, as an encoded picture; each overwrites the one before it. */
export const previewKey = (job: string, item: number): string => `previews/${job}/${item}`;
/** What a job's turn of that epoch wrote; padded so that keys list in order. */
export const logKey = (job: string, epoch: number): string => `${logsOfJob(job)}${String(epoch).padStart(9, "0")}.log`;
export const logsOfJob = (job: string): string => `logs/${job}/`;
/** Hashes of a dataset version's pictures in their order, to find near duplicates without reading them. */
export const nearIndexKey = (dataset: Digest): string => `indexes/near/${dataset}.bin`;
