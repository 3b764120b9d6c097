import { randomBytes, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import {
  createBucket,
  deleteBucket,
  getBucketLocation,
  headBucket,
  listBuckets,
  listObjectsV2,
} from "./bucket-operations.ts";
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  listMultipartUploads,
  listParts,
  uploadPart,
} from "./multipart-operations.ts";
import { copyObject, deleteObject, deleteObjects, getObject, headObject, putObject } from "./object-operations.ts";
import type { Operation, S3Answer } from "./operation.ts";
import { readBody } from "./request-body.ts";
import { failures, failureXml, S3Failure } from "./s3-failure.ts";
import { createFaults, type FaultInjector } from "./s3-faults.ts";
import { operationOf, parseRequest, type S3Request } from "./s3-request.ts";
import { openState } from "./s3-state.ts";
import { type Credentials, verifySignature } from "./signature.ts";
import { writeAnswer } from "./write-answer.ts";

export interface S3ServerOptions {
  /** Made at the start; default `loramill`. */
  readonly bucket?: string;
  readonly region?: string;
  readonly credentials?: Credentials;
  /** Keeps everything in this folder, so that a restart finds it again; default: memory. */
  readonly folder?: string;
  /**
   * `amazon`: everything, strictly. `older`: like servers that refuse chunked trailers and conditional writes, know no
   * checksums, and want Content-MD5 with DeleteObjects.
   */
  readonly profile?: "amazon" | "older";
  /** Most keys of one listing page; default 1000. Small pages test paging. */
  readonly pageSize?: number;
  /** Largest body of one request; default 1 GiB. */
  readonly maxBodyBytes?: number;
  /** Smallest part but the last; default 5 MiB. */
  readonly minPartBytes?: number;
  readonly port?: number;
  readonly now?: () => Date;
}

export interface S3Server {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly credentials: Credentials;
  readonly faults: FaultInjector;
  /** Every request that was answered, in order. */
  readonly requests: readonly S3LogEntry[];
  /** Keys of a bucket, and its uploads that were neither completed nor aborted: what a failed put may not leave. */
  contents(bucket?: string): { readonly keys: readonly string[]; readonly uploads: readonly string[] };
  /** Cuts all connections. Safe to call twice. */
  stop(): Promise<void>;
}

export interface S3LogEntry {
  readonly operation: string;
  readonly key: string;
  readonly status: number;
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  ListBuckets: listBuckets,
  CreateBucket: createBucket,
  HeadBucket: headBucket,
  DeleteBucket: deleteBucket,
  GetBucketLocation: getBucketLocation,
  ListObjectsV2: listObjectsV2,
  PutObject: putObject,
  GetObject: getObject,
  HeadObject: headObject,
  CopyObject: copyObject,
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
  CreateMultipartUpload: createMultipartUpload,
  UploadPart: uploadPart,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: abortMultipartUpload,
  ListParts: listParts,
  ListMultipartUploads: listMultipartUploads,
};

/**
 * A strict S3 server for tests, on a free port of 127.0.0.1: it believes nothing that it can check (signatures, clock,
 * lengths, digests, part order and sizes) and fails on demand.
 */
export async function startS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const settings = {
    bucket: options.bucket ?? "loramill",
    region: options.region ?? "us-east-1",
    credentials: options.credentials ?? {
      accessKeyId: `test-${randomUUID()}`,
      secretAccessKey: randomBytes(24).toString("base64"),
    },
    modern: options.profile !== "older",
    now: options.now ?? (() => new Date()),
  };
  const state = openState(options.folder ?? null);
  if (!state.buckets.has(settings.bucket)) {
    const createdAt = settings.now().toISOString();
    state.buckets.set(settings.bucket, { name: settings.bucket, createdAt, objects: new Map(), uploads: new Map() });
    state.save(settings.bucket);
  }
  const faults = createFaults();
  const requests: S3LogEntry[] = [];

  const perform = async (
    message: IncomingMessage,
    request: S3Request,
    operation: string,
    now: Date,
  ): Promise<S3Answer> => {
    const { credentials, region, modern } = settings;
    const verified = verifySignature(request, { credentials, region, now });
    const rules = { maxBytes: options.maxBodyBytes ?? 1024 ** 3, modernChecksums: modern };
    const body = await readBody(message, request, verified, rules);
    const run = OPERATIONS[operation];
    if (run === undefined) throw failures.notImplemented(`${request.method} ${request.path}`);
    const pageSize = options.pageSize ?? 1000;
    const minPartBytes = options.minPartBytes ?? 5 * 1024 * 1024;
    return run({ request, body, state, now, region, modern, pageSize, minPartBytes });
  };

  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const requestId = randomBytes(8).toString("hex").toUpperCase();
    let operation = "Unknown";
    let key = "";
    let result: S3Answer;
    let fault: ReturnType<FaultInjector["take"]> = null;
    let now = settings.now();
    try {
      const request = parseRequest(message);
      operation = operationOf(request);
      key = request.key ?? "";
      fault = faults.take(operation, key);
      if (fault?.type === "hang") return;
      if (fault?.type === "late") await delay(fault.ms);
      if (fault?.type === "drop" && fault.when === "before") return void message.socket.destroy();
      if (fault?.type === "slow-down") throw slowDown(fault.retryAfterSeconds);
      if (fault?.type === "error") throw new S3Failure(fault.status, fault.code, "An error was asked for.");
      if (fault?.type === "skew") now = new Date(now.getTime() + fault.ms);
      result = await perform(message, request, operation, now);
    } catch (error) {
      // The client went away in the middle of its body.
      if (message.destroyed && !message.complete) return;
      result = failureAnswer(error, message, requestId);
    }
    requests.push({ operation, key, status: result.status });
    if (fault?.type === "drop") return void message.socket.destroy();
    // Whatever is left of a refused body would be taken for the next request.
    if (!message.complete) response.setHeader("connection", "close");
    await writeAnswer(response, result, { requestId, now, fault, head: message.method === "HEAD" });
  };

  const sockets = new Set<Socket>();
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, (message, response) => {
    answer(message, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  let stopped: Promise<void> | undefined;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bucket: settings.bucket,
    region: settings.region,
    credentials: settings.credentials,
    faults,
    requests,
    contents(name = settings.bucket) {
      const bucket = state.buckets.get(name);
      return {
        keys: [...(bucket?.objects.keys() ?? [])].sort(),
        uploads: [...(bucket?.uploads.values() ?? [])].map((upload) => upload.key),
      };
    },
    stop() {
      stopped ??= new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      });
      return stopped;
    },
  };
}

function slowDown(retryAfterSeconds: number | undefined): S3Failure {
  const headers = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
  return new S3Failure(503, "SlowDown", "Please reduce your request rate.", headers);
}

function failureAnswer(error: unknown, message: IncomingMessage, requestId: string): S3Answer {
  const failure =
    error instanceof S3Failure
      ? error
      : new S3Failure(500, "InternalError", error instanceof Error ? error.message : "");
  const headers = { ...failure.headers, "content-type": "application/xml" };
  return { status: failure.status, headers, body: failureXml(failure, message.url ?? "/", requestId) };
}
