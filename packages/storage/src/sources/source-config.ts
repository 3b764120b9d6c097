import { defineConfig } from "@loramill/contracts";
import { z } from "zod";
import type { HttpLimits } from "./http/file-fetcher.ts";

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
  /** Of what is fetched from web servers. */
  readonly http: HttpLimits;
}

/** Limits of what is read from folders, archives, buckets, uploads and web servers. */
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
    SOURCE_ALLOW_PRIVATE_NETWORK: z
      .stringbool()
      .default(false)
      .describe("Whether URLs of sources may lead to this machine and private networks; cloud metadata never"),
    SOURCE_ALLOW_HTTP: z.stringbool().default(false).describe("Whether URLs of sources may be plain http://"),
    SOURCE_HTTP_MAX_REDIRECTS: z.coerce.number().int().min(0).max(20).default(5).describe("Redirects followed per URL"),
    SOURCE_HTTP_IDLE_SECONDS: z.coerce
      .number()
      .positive()
      .max(3600)
      .default(30)
      .describe("Longest silence of a server, in seconds"),
    SOURCE_HTTP_TOTAL_SECONDS: z.coerce
      .number()
      .positive()
      .max(86_400)
      .default(600)
      .describe("Longest time one try of one URL may take, in seconds"),
    SOURCE_HTTP_ATTEMPTS: z.coerce.number().int().min(1).max(20).default(4).describe("Tries per URL in one run"),
    SOURCE_HTTP_MAX_PAUSE_SECONDS: z.coerce
      .number()
      .min(0)
      .max(3600)
      .default(60)
      .describe("Longest pause between two tries; a server that asks for more is given up, in seconds"),
    SOURCE_HTTP_CONNECTIONS: z.coerce.number().int().min(1).max(256).default(16).describe("URLs fetched at once"),
    SOURCE_HTTP_CONNECTIONS_PER_HOST: z.coerce
      .number()
      .int()
      .min(1)
      .max(64)
      .default(4)
      .describe("URLs fetched at once from one server"),
  },
  (env): { readonly sources: SourceLimits } => ({
    sources: {
      maxFiles: env.SOURCE_MAX_FILES,
      maxFileBytes: env.SOURCE_MAX_FILE_BYTES,
      maxTotalBytes: env.SOURCE_MAX_TOTAL_BYTES,
      maxArchiveRatio: env.ARCHIVE_MAX_RATIO,
      fingerprintContentMaxBytes: env.SOURCE_FINGERPRINT_CONTENT_MAX_BYTES,
      fingerprintConcurrency: env.SOURCE_FINGERPRINT_CONCURRENCY,
      http: {
        allowPrivateNetwork: env.SOURCE_ALLOW_PRIVATE_NETWORK,
        allowHttp: env.SOURCE_ALLOW_HTTP,
        variables: "SOURCE",
        maxRedirects: env.SOURCE_HTTP_MAX_REDIRECTS,
        idleMs: Math.round(env.SOURCE_HTTP_IDLE_SECONDS * 1000),
        totalMs: Math.round(env.SOURCE_HTTP_TOTAL_SECONDS * 1000),
        attempts: env.SOURCE_HTTP_ATTEMPTS,
        maxPauseMs: Math.round(env.SOURCE_HTTP_MAX_PAUSE_SECONDS * 1000),
        connections: env.SOURCE_HTTP_CONNECTIONS,
        connectionsPerHost: env.SOURCE_HTTP_CONNECTIONS_PER_HOST,
      },
    },
  }),
);

/** The limits where nothing was configured. */
export const defaultSourceLimits: SourceLimits = sourceConfig.options(sourceConfig.env.parse({})).sources;
