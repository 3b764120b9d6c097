import { defineConfig } from "@loramill/contracts";
import { z } from "zod";

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

export interface SourceLimits {
  readonly maxFiles: number;
  readonly maxFileBytes: number;
  readonly maxTotalBytes: number;
  /** Unpacked bytes per packed byte. */
  readonly maxArchiveRatio: number;
  readonly fingerprintContentMaxBytes: number;
  readonly fingerprintConcurrency: number;
}

/** Limits of what is read from folders, archives, buckets and uploads. */
export const sourceConfig = defineConfig(
  {
    SOURCE_MAX_FILES: z.coerce
      .number()
      .int()
      .min(1)
      .default(1_000_000)
      .describe("Files and archive entries read from one source; the rest is left out with a reason"),
    SOURCE_MAX_FILE_BYTES: z.coerce
      .number()
      .int()
      .min(1)
      .default(256 * MiB)
      .describe("Largest single file of a source, in bytes; larger ones are refused by name"),
    SOURCE_MAX_TOTAL_BYTES: z.coerce
      .number()
      .int()
      .min(1)
      .default(1024 * GiB)
      .describe("Bytes read from one source in all, unpacked; the rest is left out with a reason"),
    ARCHIVE_MAX_RATIO: z.coerce
      .number()
      .min(1)
      .default(200)
      .describe("Unpacked bytes per packed byte above which an archive or entry is taken for a bomb"),
    SOURCE_FINGERPRINT_CONTENT_MAX_BYTES: z.coerce
      .number()
      .int()
      .min(0)
      .default(GiB)
      .describe("Folders up to this size are recognised by content, larger ones by path, size and time of change"),
    SOURCE_FINGERPRINT_CONCURRENCY: z.coerce
      .number()
      .int()
      .min(1)
      .max(64)
      .default(4)
      .describe("Files hashed side by side while a source is recognised"),
  },
  (env): { readonly sources: SourceLimits } => ({
    sources: {
      maxFiles: env.SOURCE_MAX_FILES,
      maxFileBytes: env.SOURCE_MAX_FILE_BYTES,
      maxTotalBytes: env.SOURCE_MAX_TOTAL_BYTES,
      maxArchiveRatio: env.ARCHIVE_MAX_RATIO,
      fingerprintContentMaxBytes: env.SOURCE_FINGERPRINT_CONTENT_MAX_BYTES,
      fingerprintConcurrency: env.SOURCE_FINGERPRINT_CONCURRENCY,
    },
  }),
);

/** The limits where nothing was configured. */
export const defaultSourceLimits: SourceLimits = sourceConfig.options(sourceConfig.env.parse({})).sources;
