import { randomUUID } from "node:crypto";
import { type ChecksumAlgorithm, checksum } from "./checksums.ts";
import { algorithmOf, checksumHeaders } from "./object-operations.ts";
import {
  assertWritable,
  bucketOf,
  compareUtf8,
  integerOf,
  keptHeaders,
  type Operation,
  type OperationContext,
  unquote,
  xml,
} from "./operation.ts";
import { failures, S3Failure } from "./s3-failure.ts";
import { type Checksum, md5Hex, type S3Object, type S3Part, type S3Upload } from "./s3-state.ts";
import { childText, element, parseXml, type XmlElement, xmlDocument } from "./xml.ts";

const MAX_PARTS = 10_000;

export const createMultipartUpload: Operation = (context) => {
  const { request, state, now } = context;
  const bucket = bucketOf(context);
  const algorithm = context.modern ? algorithmOf(request.headers["x-amz-checksum-algorithm"]) : null;
  const upload: S3Upload = {
    id: randomUUID().replaceAll("-", ""),
    key: request.key ?? "",
    startedAt: now.toISOString(),
    headers: keptHeaders(request),
    algorithm,
    type: typeOf(algorithm, request.headers["x-amz-checksum-type"]),
    parts: [],
  };
  bucket.uploads.set(upload.id, upload);
  state.save(bucket.name);
  const ids = [element("Bucket", bucket.name), element("Key", upload.key), element("UploadId", upload.id)];
  return xml(xmlDocument(element("InitiateMultipartUploadResult", ids)), {
    ...(algorithm === null ? {} : { "x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": upload.type }),
  });
};

function typeOf(algorithm: ChecksumAlgorithm | null, asked: string | undefined): S3Upload["type"] {
  if (asked !== undefined && asked !== "COMPOSITE" && asked !== "FULL_OBJECT") {
    throw failures.invalidRequest("Value for x-amz-checksum-type header is invalid.");
  }
  const type = asked ?? (algorithm === null || algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE");
  const impossible = type === "COMPOSITE" ? algorithm === "CRC64NVME" : algorithm === "SHA1" || algorithm === "SHA256";
  if (impossible)
    throw failures.invalidRequest(`The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`);
  return type;
}

export const uploadPart: Operation = (context) => {
  const { body, state, now } = context;
  const upload = uploadOf(context);
  const number = integerOf(context, "partNumber", { min: 1, max: MAX_PARTS, otherwise: 0 });
  const given = body.checksum;
  if (given !== null && given.algorithm !== upload.algorithm) {
    throw failures.invalidRequest(
      `Checksum Type mismatch occurred, expected checksum Type: ${upload.algorithm}, actual checksum Type: ${given.algorithm}`,
    );
  }
  const part: S3Part = {
    number,
    etag: md5Hex(body.bytes),
    bytes: body.bytes.byteLength,
    modifiedAt: now.toISOString(),
    checksum: upload.algorithm === null ? null : checksum(upload.algorithm, body.bytes),
    data: state.write(body.bytes),
  };
  const replaced = upload.parts.findIndex((other) => other.number === number);
  for (const old of replaced < 0 ? [] : upload.parts.splice(replaced, 1)) state.drop(old.data);
  upload.parts.push(part);
  state.save(context.request.bucket ?? "");
  const kept: Checksum | null =
    upload.algorithm === null || part.checksum === null
      ? null
      : { algorithm: upload.algorithm, value: part.checksum, type: upload.type };
  const { "x-amz-checksum-type": _, ...headers } = checksumHeaders(kept);
  return { status: 200, headers: { etag: `"${part.etag}"`, ...headers } };
};

export const completeMultipartUpload: Operation = (context) => {
  const { body, state, now, request } = context;
  const bucket = bucketOf(context);
  const upload = uploadOf(context);
  const root = parseXml(body.bytes.toString("utf8"));
  const listed = root?.children.filter(({ name }) => name === "Part") ?? [];
  if (root?.name !== "CompleteMultipartUpload" || listed.length === 0) throw failures.malformedXml();
  const parts = listed.map((element) => partOf(upload, element));
  assertOrder(parts, context.minPartBytes);
  const existing = bucket.objects.get(upload.key);
  assertWritable(context, existing);
  const bytes = Buffer.concat(parts.map((part) => state.read(part.data)));
  const object: S3Object = {
    key: upload.key,
    etag: `${md5Hex(Buffer.concat(parts.map((part) => Buffer.from(part.etag, "hex"))))}-${parts.length}`,
    bytes: bytes.byteLength,
    modifiedAt: now.toISOString(),
    headers: upload.headers,
    checksum: context.modern ? checksumOf(upload, parts, bytes) : null,
    data: state.write(bytes),
  };
  bucket.objects.set(upload.key, object);
  bucket.uploads.delete(upload.id);
  if (existing !== undefined) state.drop(existing.data);
  for (const part of upload.parts) state.drop(part.data);
  state.save(bucket.name);
  const result = [
    element("Location", `http://${request.headers.host}${request.rawPath}`),
    element("Bucket", bucket.name),
    element("Key", upload.key),
    element("ETag", `"${object.etag}"`),
  ];
  return xml(xmlDocument(element("CompleteMultipartUploadResult", result)));
};

/** The part that one element of the request names; it must be there as it was sent. */
function partOf(upload: S3Upload, listed: XmlElement): S3Part {
  const number = Number(childText(listed, "PartNumber"));
  const etag = unquote(childText(listed, "ETag") ?? "");
  const part = upload.parts.find((one) => one.number === number);
  if (part === undefined || part.etag !== etag) {
    throw new S3Failure(400, "InvalidPart", "One or more of the specified parts could not be found.");
  }
  const { algorithm } = upload;
  if (algorithm === null) return part;
  const given = childText(listed, `Checksum${algorithm}`);
  if (given === undefined && upload.type === "COMPOSITE") {
    throw failures.invalidRequest(
      `The upload was created using a ${algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
    );
  }
  if (given !== undefined && given !== part.checksum) {
    throw new S3Failure(400, "InvalidPart", "One or more of the specified parts had another checksum.");
  }
  return part;
}

function assertOrder(parts: readonly S3Part[], minPartBytes: number): void {
  for (const [index, part] of parts.entries()) {
    const before = parts[index - 1];
    if (before === undefined) continue;
    if (before.number >= part.number) {
      throw new S3Failure(400, "InvalidPartOrder", "The list of parts was not in ascending order.");
    }
    if (before.bytes < minPartBytes) {
      throw new S3Failure(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
    }
  }
}

function checksumOf(upload: S3Upload, parts: readonly S3Part[], bytes: Buffer): Checksum {
  const algorithm = upload.algorithm ?? "CRC64NVME";
  if (upload.type === "FULL_OBJECT") return { algorithm, value: checksum(algorithm, bytes), type: "FULL_OBJECT" };
  const joined = Buffer.concat(parts.map((part) => Buffer.from(part.checksum ?? "", "base64")));
  return { algorithm, value: `${checksum(algorithm, joined)}-${parts.length}`, type: "COMPOSITE" };
}

export const abortMultipartUpload: Operation = (context) => {
  const upload = uploadOf(context);
  for (const part of upload.parts) context.state.drop(part.data);
  const bucket = bucketOf(context);
  bucket.uploads.delete(upload.id);
  context.state.save(bucket.name);
  return { status: 204 };
};

export const listParts: Operation = (context) => {
  const upload = uploadOf(context);
  const marker = integerOf(context, "part-number-marker", { min: 0, max: MAX_PARTS, otherwise: 0 });
  const max = integerOf(context, "max-parts", { min: 1, max: 1000, otherwise: 1000 });
  const behind = upload.parts.filter(({ number }) => number > marker).sort((a, b) => a.number - b.number);
  const page = behind.slice(0, max);
  const parts = page.map((part) =>
    element("Part", [
      element("PartNumber", part.number),
      element("LastModified", part.modifiedAt),
      element("ETag", `"${part.etag}"`),
      element("Size", part.bytes),
    ]),
  );
  return xml(
    xmlDocument(
      element("ListPartsResult", [
        element("Bucket", context.request.bucket ?? ""),
        element("Key", upload.key),
        element("UploadId", upload.id),
        element("MaxParts", max),
        element("IsTruncated", behind.length > page.length),
        ...(behind.length > page.length ? [element("NextPartNumberMarker", page.at(-1)?.number ?? 0)] : []),
        ...parts,
      ]),
    ),
  );
};

export const listMultipartUploads: Operation = (context) => {
  const bucket = bucketOf(context);
  const prefix = context.request.query.get("prefix") ?? "";
  const found = [...bucket.uploads.values()]
    .filter(({ key }) => key.startsWith(prefix))
    .sort((a, b) => compareUtf8(a.key, b.key))
    .map((upload) =>
      element("Upload", [
        element("Key", upload.key),
        element("UploadId", upload.id),
        element("Initiated", upload.startedAt),
      ]),
    );
  return xml(
    xmlDocument(
      element("ListMultipartUploadsResult", [element("Bucket", bucket.name), element("IsTruncated", false), ...found]),
    ),
  );
};

function uploadOf(context: OperationContext): S3Upload {
  const upload = bucketOf(context).uploads.get(context.request.query.get("uploadId") ?? "");
  if (upload === undefined || upload.key !== context.request.key) throw failures.noSuchUpload();
  return upload;
}
