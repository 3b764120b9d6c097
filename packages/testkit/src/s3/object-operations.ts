import { checksum, checksumAlgorithms, checksumHeader } from "./checksums.ts";
import {
  assertWritable,
  bucketOf,
  keptHeaders,
  matches,
  type Operation,
  type OperationContext,
  objectOf,
  type S3Answer,
  xml,
} from "./operation.ts";
import { failures, S3Failure } from "./s3-failure.ts";
import { type Checksum, md5Hex, type S3Object } from "./s3-state.ts";
import { childText, element, parseXml, xmlDocument } from "./xml.ts";

const MAX_DELETES = 1000;

export const putObject: Operation = (context) => {
  const { request, body, state, now, modern } = context;
  const bucket = bucketOf(context);
  const key = request.key ?? "";
  const existing = bucket.objects.get(key);
  assertWritable(context, existing);
  const given = body.checksum;
  const object: S3Object = {
    key,
    etag: md5Hex(body.bytes),
    bytes: body.bytes.byteLength,
    modifiedAt: now.toISOString(),
    headers: keptHeaders(request),
    // Amazon keeps a CRC64NVME of objects that came without a checksum.
    checksum: modern
      ? { type: "FULL_OBJECT", ...(given ?? { algorithm: "CRC64NVME", value: checksum("CRC64NVME", body.bytes) }) }
      : null,
    data: state.write(body.bytes),
  };
  bucket.objects.set(key, object);
  if (existing !== undefined) state.drop(existing.data);
  state.save(bucket.name);
  return { status: 200, headers: { etag: `"${object.etag}"`, ...checksumHeaders(object.checksum) } };
};

export const getObject: Operation = (context) => readObject(context, true);
export const headObject: Operation = (context) => readObject(context, false);

function readObject(context: OperationContext, withBody: boolean): S3Answer {
  const { request, state } = context;
  const object = objectOf(context);
  const { query } = request;
  if (query.has("partNumber")) throw failures.notImplemented("partNumber");
  const validators = { etag: `"${object.etag}"`, "last-modified": new Date(object.modifiedAt).toUTCString() };
  if (isUnchanged(request.headers, object)) return { status: 304, headers: validators };
  const range = rangeOf(request.headers.range, object.bytes);
  const overrides = Object.fromEntries(
    [...query].filter(([name]) => name.startsWith("response-")).map(([name, value]) => [name.slice(9), value]),
  );
  const headers = {
    "content-type": "binary/octet-stream",
    ...object.headers,
    ...overrides,
    ...validators,
    "accept-ranges": "bytes",
    "content-length": String(range === null ? object.bytes : range.end - range.start + 1),
    ...(range === null ? {} : { "content-range": `bytes ${range.start}-${range.end}/${object.bytes}` }),
    // The checksum is that of the whole object.
    ...(range === null && request.headers["x-amz-checksum-mode"] === "ENABLED" ? checksumHeaders(object.checksum) : {}),
  };
  const status = range === null ? 200 : 206;
  if (!withBody) return { status, headers };
  return { status, headers, body: state.read(object.data, range) };
}

/** Conditions on reads: throws 412, answers whether it is a 304. */
function isUnchanged(headers: Readonly<Record<string, string>>, object: S3Object): boolean {
  const modified = Math.floor(Date.parse(object.modifiedAt) / 1000) * 1000;
  const { "if-match": ifMatch, "if-none-match": ifNoneMatch } = headers;
  if (ifMatch !== undefined && !matches(ifMatch, object.etag)) throw failures.preconditionFailed();
  const unmodified = headers["if-unmodified-since"];
  if (ifMatch === undefined && unmodified !== undefined && modified > Date.parse(unmodified))
    throw failures.preconditionFailed();
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, object.etag);
  const since = headers["if-modified-since"];
  return since !== undefined && modified <= Date.parse(since);
}

/** First and last byte; null where the whole object is meant, which is also what Amazon makes of odd ranges. */
function rangeOf(header: string | undefined, bytes: number): { start: number; end: number } | null {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return null;
  const suffix = first === "";
  const start = suffix ? Math.max(0, bytes - Number(last)) : Number(first);
  const end = suffix || last === "" ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (!suffix && last !== "" && Number(last) < Number(first)) return null;
  if (start >= bytes || (suffix && Number(last) === 0)) {
    throw new S3Failure(416, "InvalidRange", "The requested range is not satisfiable", {
      "content-range": `bytes */${bytes}`,
    });
  }
  return { start, end };
}

export function checksumHeaders(kept: Checksum | null): Record<string, string> {
  if (kept === null) return {};
  return { [checksumHeader(kept.algorithm)]: kept.value, "x-amz-checksum-type": kept.type };
}

export const copyObject: Operation = (context) => {
  const { request, state, now } = context;
  const target = bucketOf(context);
  const from = decodeURIComponent(request.headers["x-amz-copy-source"] ?? "").replace(/^\//, "");
  const [, sourceBucket = "", sourceKey = ""] = /^([^/]+)\/(.+)$/s.exec(from) ?? [];
  const source = state.buckets.get(sourceBucket)?.objects.get(sourceKey);
  if (source === undefined) throw state.buckets.has(sourceBucket) ? failures.noSuchKey() : failures.noSuchBucket();
  const ifMatch = request.headers["x-amz-copy-source-if-match"];
  if (ifMatch !== undefined && !matches(ifMatch, source.etag)) throw failures.preconditionFailed();
  const replace = request.headers["x-amz-metadata-directive"] === "REPLACE";
  const key = request.key ?? "";
  if (!replace && sourceBucket === target.name && sourceKey === key) {
    throw failures.invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing it",
    );
  }
  const bytes = state.read(source.data);
  const existing = target.objects.get(key);
  const copy: S3Object = {
    ...source,
    key,
    etag: md5Hex(bytes),
    modifiedAt: now.toISOString(),
    headers: replace ? keptHeaders(request) : source.headers,
    data: state.write(bytes),
  };
  target.objects.set(key, copy);
  if (existing !== undefined) state.drop(existing.data);
  state.save(target.name);
  return xml(
    xmlDocument(
      element("CopyObjectResult", [element("ETag", `"${copy.etag}"`), element("LastModified", copy.modifiedAt)]),
    ),
  );
};

export const deleteObject: Operation = (context) => {
  remove(context, context.request.key ?? "");
  return { status: 204 };
};

export const deleteObjects: Operation = (context) => {
  const { body, modern } = context;
  bucketOf(context);
  if (!body.hasIntegrityHeader) {
    const missing = modern ? "Content-MD5 OR x-amz-checksum-*" : "Content-MD5";
    throw failures.invalidRequest(`Missing required header for this request: ${missing}`);
  }
  const root = parseXml(body.bytes.toString("utf8"));
  const wanted = root?.children.filter(({ name }) => name === "Object") ?? [];
  if (root?.name !== "Delete" || wanted.length === 0 || wanted.length > MAX_DELETES) throw failures.malformedXml();
  const keys = wanted.map((object) => childText(object, "Key") ?? "");
  if (keys.includes("")) throw failures.malformedXml();
  for (const key of keys) remove(context, key);
  const deleted = keys.map((key) => element("Deleted", [element("Key", key)]));
  return xml(xmlDocument(element("DeleteResult", childText(root, "Quiet") === "true" ? [] : deleted)));
};

function remove(context: OperationContext, key: string): void {
  const bucket = bucketOf(context);
  const object = bucket.objects.get(key);
  if (object === undefined) return;
  bucket.objects.delete(key);
  context.state.drop(object.data);
  context.state.save(bucket.name);
}

/** The algorithm that headers name, for uploads in parts. */
export function algorithmOf(name: string | undefined): (typeof checksumAlgorithms)[number] | null {
  if (name === undefined) return null;
  const algorithm = checksumAlgorithms.find((one) => one === name.toUpperCase());
  if (algorithm === undefined) throw failures.invalidRequest("Checksum algorithm provided is unsupported.");
  return algorithm;
}
