import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { decodeAwsChunked } from "./aws-chunked.ts";
import { type ChecksumAlgorithm, checksum, checksumAlgorithms, checksumHeader } from "./checksums.ts";
import { failures, S3Failure } from "./s3-failure.ts";
import type { S3Request } from "./s3-request.ts";
import { sha256Hex, type VerifiedSignature } from "./signature.ts";

/** A body whose every announced property was found true. */
export interface VerifiedBody {
  readonly bytes: Buffer;
  /** The checksum that the client gave, if any. */
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string } | null;
  readonly hasIntegrityHeader: boolean;
}

export interface BodyRules {
  readonly maxBytes: number;
  /** False: like servers that do not know the newer checksums: their headers are ignored, their trailers refused. */
  readonly modernChecksums: boolean;
}

/** Reads and verifies a body: length, payload hash or chunk signatures, Content-MD5, checksum header or trailer. */
export async function readBody(
  message: IncomingMessage,
  request: S3Request,
  verified: VerifiedSignature,
  rules: BodyRules,
): Promise<VerifiedBody> {
  assertLength(request, rules);
  const raw = await collect(message, rules.maxBytes);
  const announced = request.headers["content-length"];
  if (announced !== undefined && raw.byteLength !== Number(announced)) throw failures.incompleteBody();
  const { payload } = verified;
  if (!payload.startsWith("STREAMING-")) {
    if (payload !== "UNSIGNED-PAYLOAD" && payload !== sha256Hex(raw)) {
      throw new S3Failure(
        400,
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
      );
    }
    return verifyDigests(raw, request, new Map(), rules);
  }
  if (!rules.modernChecksums) throw failures.notImplemented("x-amz-content-sha256");
  const { bytes, trailers } = decodeAwsChunked(raw, request, verified);
  return verifyDigests(bytes, request, trailers, rules);
}

function assertLength({ headers }: S3Request, { maxBytes }: BodyRules): void {
  const announced = headers["content-length"];
  // A body in aws-chunked framing may come in HTTP chunks, because its framed length is not known before.
  const framed = headers["x-amz-decoded-content-length"] !== undefined;
  if (announced === undefined && headers["transfer-encoding"] !== undefined && !framed) {
    throw new S3Failure(411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
  }
  if (Number(announced ?? 0) > maxBytes) {
    throw new S3Failure(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
  }
}

async function collect(message: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes)
      throw new S3Failure(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

function verifyDigests(
  bytes: Buffer,
  { headers }: S3Request,
  trailers: ReadonlyMap<string, string>,
  rules: BodyRules,
): VerifiedBody {
  const md5 = headers["content-md5"];
  if (md5 !== undefined) {
    if (Buffer.from(md5, "base64").byteLength !== 16) {
      throw new S3Failure(400, "InvalidDigest", "The Content-MD5 you specified was invalid.");
    }
    if (createHash("md5").update(bytes).digest("base64") !== md5) throw failures.badDigest("Content-MD5");
  }
  if (!rules.modernChecksums) return { bytes, checksum: null, hasIntegrityHeader: md5 !== undefined };
  const given = checksumAlgorithms.flatMap((algorithm) => {
    const value = headers[checksumHeader(algorithm)] ?? trailers.get(checksumHeader(algorithm));
    return value === undefined ? [] : [{ algorithm, value }];
  });
  if (given.length > 1)
    throw failures.invalidRequest(
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    );
  const [one] = given;
  if (one !== undefined && checksum(one.algorithm, bytes) !== one.value) throw failures.badDigest(one.algorithm);
  return { bytes, checksum: one ?? null, hasIntegrityHeader: md5 !== undefined || one !== undefined };
}
