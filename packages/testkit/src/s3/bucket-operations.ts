import { bucketOf, compareUtf8, integerOf, type Operation, type OperationContext, xml } from "./operation.ts";
import { failures, S3Failure } from "./s3-failure.ts";
import type { S3Object } from "./s3-state.ts";
import { element, xmlDocument } from "./xml.ts";

export const listBuckets: Operation = ({ state }) => {
  const buckets = [...state.buckets.values()].map(({ name, createdAt }) =>
    element("Bucket", [element("Name", name), element("CreationDate", createdAt)]),
  );
  return xml(xmlDocument(element("ListAllMyBucketsResult", [element("Buckets", buckets)])));
};

export const createBucket: Operation = ({ request, state, now }) => {
  const name = request.bucket ?? "";
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) {
    throw new S3Failure(400, "InvalidBucketName", "The specified bucket is not valid.");
  }
  if (state.buckets.has(name)) {
    throw new S3Failure(409, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded");
  }
  state.buckets.set(name, { name, createdAt: now.toISOString(), objects: new Map(), uploads: new Map() });
  state.save(name);
  return { status: 200, headers: { location: `/${name}` } };
};

export const headBucket: Operation = (context) => {
  bucketOf(context);
  return { status: 200, headers: { "x-amz-bucket-region": context.region } };
};

export const getBucketLocation: Operation = (context) => {
  bucketOf(context);
  // Amazon writes its first region as nothing.
  return xml(xmlDocument(element("LocationConstraint", context.region === "us-east-1" ? "" : context.region)));
};

export const deleteBucket: Operation = (context) => {
  const bucket = bucketOf(context);
  if (bucket.objects.size > 0)
    throw new S3Failure(409, "BucketNotEmpty", "The bucket you tried to delete is not empty");
  context.state.buckets.delete(bucket.name);
  context.state.save(bucket.name);
  return { status: 204 };
};

/** One line of a listing: an object, or the keys up to a delimiter in one. */
type Line = { readonly object: S3Object } | { readonly commonPrefix: string };

export const listObjectsV2: Operation = (context) => {
  const bucket = bucketOf(context);
  const { query } = context.request;
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const token = query.get("continuation-token");
  const after = token === undefined ? (query.get("start-after") ?? "") : readToken(token);
  const max = Math.min(integerOf(context, "max-keys", { min: 0, max: 2 ** 31 - 1, otherwise: 1000 }), context.pageSize);
  const encoding = encodingOf(context);
  const lines = linesOf([...bucket.objects.values()], { prefix, delimiter, after });
  const page = lines.slice(0, max);
  const last = page.at(-1);
  const truncated = lines.length > page.length && last !== undefined;
  const contents = page.flatMap((line) => ("object" in line ? [contentsOf(line.object, encoding)] : []));
  const prefixes = page.flatMap((line) =>
    "commonPrefix" in line ? [element("CommonPrefixes", [element("Prefix", encoding(line.commonPrefix))])] : [],
  );
  return xml(
    xmlDocument(
      element("ListBucketResult", [
        element("Name", bucket.name),
        element("Prefix", encoding(prefix)),
        ...(delimiter === "" ? [] : [element("Delimiter", encoding(delimiter))]),
        ...(query.has("encoding-type") ? [element("EncodingType", "url")] : []),
        element("MaxKeys", max),
        element("KeyCount", page.length),
        element("IsTruncated", truncated),
        ...(token === undefined ? [] : [element("ContinuationToken", token)]),
        ...(truncated ? [element("NextContinuationToken", makeToken(last))] : []),
        ...contents,
        ...prefixes,
      ]),
    ),
  );
};

function encodingOf({ request }: OperationContext): (text: string) => string {
  const type = request.query.get("encoding-type");
  if (type === undefined) return (text) => text;
  if (type !== "url") throw failures.invalidArgument("Invalid Encoding Method specified in Request");
  return (text) => encodeURIComponent(text).replaceAll("%2F", "/");
}

function linesOf(
  objects: readonly S3Object[],
  { prefix, delimiter, after }: { prefix: string; delimiter: string; after: string },
): Line[] {
  const lines: Line[] = [];
  const seen = new Set<string>();
  for (const object of objects.toSorted((a, b) => compareUtf8(a.key, b.key))) {
    if (!object.key.startsWith(prefix) || compareUtf8(object.key, after) <= 0) continue;
    const end = delimiter === "" ? -1 : object.key.indexOf(delimiter, prefix.length);
    if (end < 0) {
      lines.push({ object });
      continue;
    }
    const commonPrefix = object.key.slice(0, end + delimiter.length);
    // A token that ends in a common prefix stands behind all keys in it.
    if (seen.has(commonPrefix) || (after.endsWith(delimiter) && commonPrefix === after)) continue;
    seen.add(commonPrefix);
    lines.push({ commonPrefix });
  }
  return lines;
}

function contentsOf(object: S3Object, encode: (text: string) => string): string {
  return element("Contents", [
    element("Key", encode(object.key)),
    element("LastModified", object.modifiedAt),
    element("ETag", `"${object.etag}"`),
    element("Size", object.bytes),
    element("StorageClass", "STANDARD"),
  ]);
}

/** Opaque to clients, as Amazon's are: whoever sends a key instead is told. */
function makeToken(last: Line): string {
  return Buffer.from(`after:${"object" in last ? last.object.key : last.commonPrefix}`).toString("base64url");
}

function readToken(token: string): string {
  const text = Buffer.from(token, "base64url").toString("utf8");
  if (!text.startsWith("after:")) throw failures.invalidArgument("The continuation token provided is incorrect");
  return text.slice(6);
}
