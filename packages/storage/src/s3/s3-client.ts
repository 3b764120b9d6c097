import { createHash } from "node:crypto";
import { S3Client } from "@aws-sdk/client-s3";
import { isLoopback, UserError } from "@loramill/contracts";
import type { S3Options } from "./s3-options.ts";

const MIN_PART_BYTES = 5 * 1024 * 1024;

/** A client for requests. UserError `insecure-endpoint` for plain HTTP to another machine, unless that is allowed. */
export function createS3Client(options: S3Options): S3Client {
  assertOptions(options);
  const client = new S3Client({
    ...clientOptions(options, options.endpoint),
    requestChecksumCalculation: options.checksums === "when-supported" ? "WHEN_SUPPORTED" : "WHEN_REQUIRED",
    responseChecksumValidation: options.checksums === "when-supported" ? "WHEN_SUPPORTED" : "WHEN_REQUIRED",
    maxAttempts: options.attempts,
    requestHandler: {
      connectionTimeout: options.connectTimeoutMs,
      requestTimeout: options.requestTimeoutMs,
      throwOnRequestTimeout: true,
      socketTimeout: options.idleTimeoutMs,
    },
  });
  if (options.contentMd5) addContentMd5(client);
  return client;
}

/**
 * A client that only signs URLs. Without checksums: the SDK would sign the CRC of an empty body into the URL of a PUT,
 * and every server that checks it would refuse the real body.
 */
export function createSigningClient(options: S3Options): S3Client {
  return new S3Client({
    ...clientOptions(options, options.publicEndpoint ?? options.endpoint),
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}

function clientOptions(options: S3Options, endpoint: string | null) {
  return {
    region: options.region,
    forcePathStyle: options.forcePathStyle,
    ...(endpoint === null ? {} : { endpoint }),
    // A copy: the SDK marks the object it is given, and a process's configuration is frozen.
    ...(options.credentials === null ? {} : { credentials: { ...options.credentials } }),
  };
}

function assertOptions(options: S3Options): void {
  for (const endpoint of [options.endpoint, options.publicEndpoint]) {
    if (endpoint === null || options.allowHttp) continue;
    const { protocol, hostname, origin } = new URL(endpoint);
    if (protocol === "https:" || isLoopback(hostname)) continue;
    throw new UserError(`${origin} is plain HTTP to another machine: use https, or set S3_ALLOW_HTTP=true`, {
      code: "insecure-endpoint",
    });
  }
  if (options.partBytes < MIN_PART_BYTES) {
    throw new UserError(`parts of an upload have at least ${MIN_PART_BYTES} bytes, not ${options.partBytes}`, {
      code: "bad-part-size",
    });
  }
}

function addContentMd5(client: S3Client): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const request = args.request as { body?: unknown; headers: Record<string, string> };
      if (context.commandName === "DeleteObjectsCommand" && typeof request.body === "string") {
        request.headers["content-md5"] = createHash("md5").update(request.body).digest("base64");
      }
      return next(args);
    },
    { step: "build", name: "contentMd5ForDeleteObjects", priority: "low" },
  );
}
