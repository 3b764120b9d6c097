import { failures, S3Failure } from "./s3-failure.ts";
import type { S3Request } from "./s3-request.ts";
import { chunkSignature, equal, trailerSignature, type VerifiedSignature } from "./signature.ts";

const KNOWN = new Set([
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
  "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
]);
/** Amazon's minimum for all chunks but the last. */
const MIN_CHUNK_BYTES = 8 * 1024;

/** Takes the framing off a body of content encoding aws-chunked, verifying chunk signatures, length and trailers. */
export function decodeAwsChunked(
  raw: Buffer,
  request: S3Request,
  verified: VerifiedSignature,
): { readonly bytes: Buffer; readonly trailers: ReadonlyMap<string, string> } {
  const { headers } = request;
  if (!KNOWN.has(verified.payload)) throw failures.notImplemented(`x-amz-content-sha256: ${verified.payload}`);
  const encodings = (headers["content-encoding"] ?? "").split(",").map((encoding) => encoding.trim());
  if (!encodings.includes("aws-chunked")) throw failures.invalidRequest("content-encoding must contain aws-chunked");
  const announced = Number(headers["x-amz-decoded-content-length"]);
  if (!Number.isSafeInteger(announced)) {
    throw new S3Failure(411, "MissingContentLength", "You must provide the x-amz-decoded-content-length HTTP header.");
  }
  const signed = verified.payload.startsWith("STREAMING-AWS4");
  const reader = createReader(raw);
  const chunks: Buffer[] = [];
  let previous = verified.signature;
  let small = false;
  for (;;) {
    const { size, signature } = parseChunkHead(reader.line(), signed);
    const chunk = reader.take(size);
    if (signed) {
      const expected = chunkSignature(verified, previous, chunk);
      if (!equal(expected, signature)) throw mismatch();
      previous = expected;
    }
    if (size === 0) break;
    if (small)
      throw new S3Failure(
        403,
        "InvalidChunkSizeError",
        "Only the last chunk is allowed to have a size less than 8192 bytes",
      );
    small = size < MIN_CHUNK_BYTES;
    chunks.push(chunk);
    reader.end();
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.byteLength !== announced) throw failures.incompleteBody();
  const trailers = readTrailers(reader, request, verified, previous);
  return { bytes, trailers };
}

function parseChunkHead(line: string, signed: boolean): { size: number; signature: string } {
  const [, hex, signature] =
    (signed ? /^([0-9a-f]{1,8});chunk-signature=([0-9a-f]{64})$/i : /^([0-9a-f]{1,8})()$/i).exec(line) ?? [];
  if (hex === undefined || signature === undefined) throw failures.incompleteBody();
  return { size: Number.parseInt(hex, 16), signature };
}

function readTrailers(
  reader: Reader,
  { headers }: S3Request,
  verified: VerifiedSignature,
  previous: string,
): ReadonlyMap<string, string> {
  const trailers = new Map<string, string>();
  for (let line = reader.line(); line !== ""; line = reader.line()) {
    const [name = "", value = ""] = line.split(/:(.*)/s);
    trailers.set(name.trim().toLowerCase(), value.trim());
  }
  reader.finish();
  const announced = (headers["x-amz-trailer"] ?? "").split(",").map((name) => name.trim().toLowerCase());
  const expected = verified.payload.endsWith("-TRAILER") ? announced.filter((name) => name !== "") : [];
  const signature = trailers.get("x-amz-trailer-signature");
  trailers.delete("x-amz-trailer-signature");
  if (expected.length !== trailers.size || !expected.every((name) => trailers.has(name))) {
    throw new S3Failure(400, "MalformedTrailerError", "The request contained trailing data that was not well-formed");
  }
  if (verified.payload === "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER") {
    const text = [...trailers].map(([name, value]) => `${name}:${value}\n`).join("");
    if (!equal(trailerSignature(verified, previous, text), signature ?? "")) throw mismatch();
  }
  return trailers;
}

interface Reader {
  /** Up to the next CR LF, which is passed. */
  line(): string;
  take(bytes: number): Buffer;
  /** The CR LF behind a chunk. */
  end(): void;
  /** Nothing may be left. */
  finish(): void;
}

function createReader(raw: Buffer): Reader {
  let at = 0;
  const line = (): string => {
    const end = raw.indexOf("\r\n", at);
    if (end < 0) throw failures.incompleteBody();
    const text = raw.toString("latin1", at, end);
    at = end + 2;
    return text;
  };
  return {
    line,
    take(bytes) {
      if (at + bytes > raw.byteLength) throw failures.incompleteBody();
      at += bytes;
      return raw.subarray(at - bytes, at);
    },
    end() {
      if (line() !== "") throw failures.incompleteBody();
    },
    finish() {
      if (at !== raw.byteLength) throw failures.incompleteBody();
    },
  };
}

function mismatch(): S3Failure {
  return new S3Failure(403, "SignatureDoesNotMatch", "The signature of a chunk or trailer does not match.");
}
