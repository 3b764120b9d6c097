import { tmpdir } from "node:os";
import { defineConfig, UserError } from "@loramill/contracts";
import { z } from "zod";
import type { StorageOptions } from "./storage-options.ts";

const MiB = 1024 * 1024;
const bytes = z.coerce.number().int().min(0);
const milliseconds = z.coerce.number().int().min(1);
const url = z.url({ protocol: /^https?$/ });

/** Where objects lie and how they are reached. */
export const storageConfig = defineConfig(
  {
    STORAGE_URL: z
      .string()
      .min(1)
      .default("./data/objects")
      .describe("Object store: a folder, file:///folder or s3://bucket/prefix"),
    PUBLIC_URL: url
      .optional()
      .describe("Where clients and pods reach the API; signed URLs of a folder store lie under it"),
    STORAGE_FSYNC: z
      .enum(["always", "never"])
      .default("always")
      .describe("Folder store: whether objects survive a power cut (`always`) or only the death of the process"),
    STORAGE_CACHE_BYTES: bytes
      .default(32 * MiB)
      .describe("Memory for documents and memos that were read lately, in bytes per process"),
    STORAGE_MAX_READ_BYTES: bytes
      .default(1024 * MiB)
      .describe("Largest blob that is read into memory as a whole, in bytes"),
    STORAGE_SPOOL_DIR: z
      .string()
      .min(1)
      .default(tmpdir())
      .describe("S3: folder for large bodies while their digest is computed"),
    S3_ENDPOINT: url.optional().describe("S3-compatible server; left out: Amazon's in S3_REGION"),
    S3_PUBLIC_ENDPOINT: url.optional().describe("The same server as clients and pods reach it, if elsewhere"),
    S3_REGION: z.string().min(1).default("us-east-1").describe("Region that requests are signed for"),
    S3_ACCESS_KEY_ID: z.string().min(1).optional().describe("Left out: the AWS SDK's own search for credentials"),
    S3_SECRET_ACCESS_KEY: z.string().min(1).optional().describe("Secret of S3_ACCESS_KEY_ID"),
    S3_FORCE_PATH_STYLE: z
      .stringbool()
      .optional()
      .describe("host/bucket instead of bucket.host; default: true when S3_ENDPOINT is set"),
    S3_CHECKSUMS: z
      .enum(["when-supported", "when-required"])
      .default("when-supported")
      .describe("`when-required` for servers that do not know the newer checksum headers"),
    S3_CONTENT_MD5: z
      .stringbool()
      .default(false)
      .describe("Send Content-MD5 with bulk deletes, for servers that know nothing else there"),
    S3_ALLOW_HTTP: z
      .stringbool()
      .default(false)
      .describe("Allow plain HTTP to a server that is not on this machine; for private networks only"),
    S3_PART_BYTES: bytes
      .min(5 * MiB)
      .default(8 * MiB)
      .describe("Size of one request of an upload, in bytes; at least 5 MiB"),
    S3_UPLOAD_CONCURRENCY: z.coerce
      .number()
      .int()
      .min(1)
      .max(64)
      .default(4)
      .describe("Parts of one upload under way at once"),
    S3_CONNECT_TIMEOUT_MS: milliseconds.default(5_000).describe("Milliseconds until a connection must stand"),
    S3_IDLE_TIMEOUT_MS: milliseconds
      .default(60_000)
      .describe("Milliseconds after which a connection on which nothing moves is given up"),
    S3_REQUEST_TIMEOUT_MS: milliseconds
      .default(300_000)
      .describe("Milliseconds until the answer to a request must have begun"),
    S3_ATTEMPTS: z.coerce.number().int().min(1).max(10).default(4).describe("Tries per request, the first included"),
  },
  (env): { readonly storage: StorageOptions } => ({
    storage: {
      url: env.STORAGE_URL,
      publicUrl: env.PUBLIC_URL ?? null,
      sync: env.STORAGE_FSYNC,
      cacheBytes: env.STORAGE_CACHE_BYTES,
      maxReadBytes: env.STORAGE_MAX_READ_BYTES,
      s3: {
        endpoint: env.S3_ENDPOINT ?? null,
        publicEndpoint: env.S3_PUBLIC_ENDPOINT ?? null,
        region: env.S3_REGION,
        credentials: credentialsOf(env.S3_ACCESS_KEY_ID, env.S3_SECRET_ACCESS_KEY),
        forcePathStyle: env.S3_FORCE_PATH_STYLE ?? env.S3_ENDPOINT !== undefined,
        checksums: env.S3_CHECKSUMS,
        contentMd5: env.S3_CONTENT_MD5,
        allowHttp: env.S3_ALLOW_HTTP,
        partBytes: env.S3_PART_BYTES,
        uploadConcurrency: env.S3_UPLOAD_CONCURRENCY,
        connectTimeoutMs: env.S3_CONNECT_TIMEOUT_MS,
        idleTimeoutMs: env.S3_IDLE_TIMEOUT_MS,
        requestTimeoutMs: env.S3_REQUEST_TIMEOUT_MS,
        attempts: env.S3_ATTEMPTS,
        spoolFolder: env.STORAGE_SPOOL_DIR,
      },
    },
  }),
);

function credentialsOf(accessKeyId: string | undefined, secretAccessKey: string | undefined) {
  if (accessKeyId === undefined && secretAccessKey === undefined) return null;
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return { accessKeyId, secretAccessKey };
  throw new UserError("S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY belong together: set both or neither", {
    code: "bad-config",
  });
}
