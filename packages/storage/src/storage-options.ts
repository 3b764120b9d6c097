import type { S3Options } from "./s3/s3-options.ts";

/** As `storageConfig` makes them. */
export interface StorageOptions {
  /** `file:///abs/folder`, a path, or `s3://bucket/prefix`. */
  readonly url: string;
  /** Where clients and pods reach the API; signed URLs of the file driver lie under it. Null: it has none. */
  readonly publicUrl: string | null;
  /** File driver: `always`: objects survive a power cut; `never`: only the death of the process. */
  readonly sync: "always" | "never";
  /** Bytes of memory for documents and memos that were read lately. */
  readonly cacheBytes: number;
  /** Largest blob that `blobs.read` takes into memory when the caller names no limit. */
  readonly maxReadBytes: number;
  readonly s3: S3Options;
}
