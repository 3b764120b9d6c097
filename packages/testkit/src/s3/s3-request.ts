import type { IncomingMessage } from "node:http";
import { failures } from "./s3-failure.ts";

/** A request as S3 sees it, before its body is read. */
export interface S3Request {
  readonly method: string;
  /** Null: the service itself. */
  readonly bucket: string | null;
  /** Null: the bucket itself. */
  readonly key: string | null;
  /** Decoded; repeated names are refused. */
  readonly query: ReadonlyMap<string, string>;
  readonly headers: Readonly<Record<string, string>>;
  /** Path as it came, and decoded. */
  readonly rawPath: string;
  readonly path: string;
}

export function parseRequest(message: IncomingMessage): S3Request {
  const [rawPath = "/", rawQuery = ""] = (message.url ?? "/").split(/\?(.*)/s);
  const path = decode(rawPath);
  const [, bucket = "", key = ""] = /^\/([^/]*)(?:\/(.*))?$/s.exec(path) ?? [];
  if (Buffer.byteLength(key) > 1024) throw failures.invalidArgument("Your key is too long");
  return {
    method: message.method ?? "GET",
    bucket: bucket === "" ? null : bucket,
    key: key === "" ? null : key,
    query: parseQuery(rawQuery),
    headers: headersOf(message),
    rawPath,
    path,
  };
}

function parseQuery(rawQuery: string): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  for (const pair of rawQuery.split("&")) {
    if (pair === "") continue;
    const [name = "", value = ""] = pair.split(/=(.*)/s).map(decode);
    if (query.has(name)) throw failures.invalidArgument(`The parameter ${name} is given twice`);
    query.set(name, value);
  }
  return query;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw failures.invalidArgument("Couldn't parse the specified URI.");
  }
}

function headersOf(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(",") : value;
  }
  return headers;
}

/** What a request asks for, in Amazon's names; also what fault rules match. */
export function operationOf({ method, bucket, key, query, headers }: S3Request): string {
  const has = (name: string) => query.has(name);
  if (bucket === null) return method === "GET" ? "ListBuckets" : "Unknown";
  if (key === null) {
    if (method === "GET") {
      if (has("uploads")) return "ListMultipartUploads";
      if (has("location")) return "GetBucketLocation";
      return query.get("list-type") === "2" ? "ListObjectsV2" : "Unknown";
    }
    if (method === "POST") return has("delete") ? "DeleteObjects" : "Unknown";
    return { PUT: "CreateBucket", HEAD: "HeadBucket", DELETE: "DeleteBucket" }[method] ?? "Unknown";
  }
  if (method === "POST") {
    if (has("uploads")) return "CreateMultipartUpload";
    return has("uploadId") ? "CompleteMultipartUpload" : "Unknown";
  }
  if (method === "PUT") {
    if (has("uploadId")) return headers["x-amz-copy-source"] === undefined ? "UploadPart" : "UploadPartCopy";
    return headers["x-amz-copy-source"] === undefined ? "PutObject" : "CopyObject";
  }
  if (method === "GET") return has("uploadId") ? "ListParts" : "GetObject";
  if (method === "DELETE") return has("uploadId") ? "AbortMultipartUpload" : "DeleteObject";
  return method === "HEAD" ? "HeadObject" : "Unknown";
}
