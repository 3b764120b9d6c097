export { type CheckStorageOptions, checkStorage, type StorageCheck } from "./check-storage.ts";
export { type OpenedStores, openStores, type StorageOptions } from "./open-stores.ts";
export type { S3Options } from "./s3/s3-options.ts";
export { OBJECTS_PATH, type UrlSigner } from "./signed-url.ts";
export { type Fingerprint, fingerprintSources } from "./sources/fingerprint.ts";
export { openSource, type SourceOptions, type SourceStores, type VideoReader } from "./sources/open-source.ts";
export { defaultSourceLimits, type SourceLimits, sourceConfig } from "./sources/source-config.ts";
export type { RefusedFile, SourceEntry, SourceFile, StoredFile, VideoFrame } from "./sources/source-entry.ts";
export { storageConfig } from "./storage-config.ts";
