import type { VerifiedBody } from "./request-body.ts";
import { failures, S3Failure } from "./s3-failure.ts";
import type { S3Request } from "./s3-request.ts";
import type { BucketState, S3Object, S3State } from "./s3-state.ts";

/** What an operation works with. */
export interface OperationContext {
  readonly request: S3Request;
  readonly body: VerifiedBody;
  readonly state: S3State;
  readonly now: Date;
  readonly region: string;
  /** False: like older servers; see `BodyRules` and `S3ServerOptions.profile`. */
  readonly modern: boolean;
  /** Most keys of one page. */
  readonly pageSize: number;
  /** Smallest part of an upload, the last excepted. */
  readonly minPartBytes: number;
}

export interface S3Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

export type Operation = (context: OperationContext) => S3Answer;

export function bucketOf({ request, state }: OperationContext): BucketState {
  const bucket = state.buckets.get(request.bucket ?? "");
  if (bucket === undefined) throw failures.noSuchBucket();
  return bucket;
}

export function objectOf(context: OperationContext): S3Object {
  const object = bucketOf(context).objects.get(context.request.key ?? "");
  if (object === undefined) throw failures.noSuchKey();
  return object;
}

/** Headers of an object that its reader gets back. */
const KEPT = ["content-type", "cache-control", "content-disposition", "content-language", "expires"];

export function keptHeaders({ headers }: S3Request): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (KEPT.includes(name) || name.startsWith("x-amz-meta-")) kept[name] = value;
  }
  const encodings = (headers["content-encoding"] ?? "").split(",").map((encoding) => encoding.trim());
  const real = encodings.filter((encoding) => encoding !== "" && encoding !== "aws-chunked");
  if (real.length > 0) kept["content-encoding"] = real.join(",");
  return kept;
}

/** If-None-Match: * and If-Match on writes. */
export function assertWritable({ request, modern }: OperationContext, existing: S3Object | undefined): void {
  const { "if-match": ifMatch, "if-none-match": ifNoneMatch } = request.headers;
  if (!modern && (ifMatch ?? ifNoneMatch) !== undefined) throw failures.notImplemented("If-Match");
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch !== "*") throw failures.notImplemented("If-None-Match");
    if (existing !== undefined) throw failures.preconditionFailed();
  }
  if (ifMatch === undefined) return;
  if (existing === undefined) throw failures.noSuchKey();
  if (!matches(ifMatch, existing.etag)) throw failures.preconditionFailed();
}

export function matches(condition: string, etag: string): boolean {
  return condition.split(",").some((one) => one.trim() === "*" || unquote(one.trim()) === etag);
}

export function unquote(text: string): string {
  return text.replace(/^"|"$/g, "");
}

export function xml(root: string, headers: Readonly<Record<string, string>> = {}): S3Answer {
  return { status: 200, headers: { "content-type": "application/xml", ...headers }, body: root };
}

/** A whole number in a query, within bounds. */
export function integerOf(
  context: OperationContext,
  name: string,
  bounds: { min: number; max: number; otherwise: number },
): number {
  const text = context.request.query.get(name);
  if (text === undefined) return bounds.otherwise;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < bounds.min || value > bounds.max) {
    throw new S3Failure(
      400,
      "InvalidArgument",
      `Argument ${name} must be an integer between ${bounds.min} and ${bounds.max}`,
    );
  }
  return value;
}

/** S3 orders keys by UTF-8 bytes. */
export function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
