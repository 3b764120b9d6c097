import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { failures, S3Failure } from "./s3-failure.ts";
import type { S3Request } from "./s3-request.ts";

const ALGORITHM = "AWS4-HMAC-SHA256";
/** Amazon's tolerance for clocks, either way. */
const MAX_SKEW_MS = 15 * 60 * 1000;
const MAX_EXPIRES_SECONDS = 7 * 24 * 3600;

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface SignatureContext {
  readonly credentials: Credentials;
  readonly region: string;
  readonly now: Date;
}

/** What signs the chunks of a streamed body after the head of the request was found right. */
export interface VerifiedSignature {
  readonly signature: string;
  readonly scope: string;
  readonly date: string;
  readonly signingKey: Buffer;
  /** The value of x-amz-content-sha256, or UNSIGNED-PAYLOAD for signed URLs. */
  readonly payload: string;
}

interface Claim {
  readonly credential: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly date: string;
  readonly payload: string;
  readonly query: readonly (readonly [string, string])[];
}

/** Verifies Signature Version 4, in headers or in the URL. Throws what Amazon answers. */
export function verifySignature(request: S3Request, context: SignatureContext): VerifiedSignature {
  const presigned = request.query.has("X-Amz-Algorithm") || request.query.has("X-Amz-Signature");
  const claim = presigned ? claimOfUrl(request) : claimOfHeaders(request);
  const at = parseDate(claim.date);
  assertSigned(request, claim, presigned);
  const scope = assertScope(claim, context);
  if (presigned) assertNotExpired(request, at, context.now);
  else if (Math.abs(at.getTime() - context.now.getTime()) > MAX_SKEW_MS) {
    throw new S3Failure(
      403,
      "RequestTimeTooSkewed",
      "The difference between the request time and the current time is too large.",
    );
  }
  const signingKey = deriveKey(context.credentials.secretAccessKey, scope);
  const expected = sign(
    signingKey,
    stringToSign(ALGORITHM, claim.date, scope, sha256Hex(canonicalRequest(request, claim))),
  );
  if (!equal(expected, claim.signature)) {
    throw new S3Failure(
      403,
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    );
  }
  return { signature: expected, scope, date: claim.date, signingKey, payload: claim.payload };
}

function claimOfHeaders({ headers, query }: S3Request): Claim {
  const { authorization } = headers;
  if (authorization === undefined) throw failures.accessDenied();
  const match = /^AWS4-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(
    authorization,
  );
  const [, credential = "", signedHeaders = "", signature = ""] = match ?? [];
  if (match === null) throw malformed("The authorization header is malformed");
  const payload = headers["x-amz-content-sha256"];
  if (payload === undefined)
    throw failures.invalidRequest("Missing required header for this request: x-amz-content-sha256");
  return {
    credential,
    signedHeaders: signedHeaders.split(";"),
    signature,
    date: headers["x-amz-date"] ?? "",
    payload,
    query: [...query],
  };
}

function claimOfUrl({ query, headers }: S3Request): Claim {
  if (headers.authorization !== undefined) throw failures.invalidArgument("Only one auth mechanism allowed");
  const need = (name: string): string => {
    const value = query.get(name);
    if (value === undefined) {
      throw new S3Failure(400, "AuthorizationQueryParametersError", `Query-string authentication requires ${name}`);
    }
    return value;
  };
  if (need("X-Amz-Algorithm") !== ALGORITHM) {
    throw new S3Failure(400, "AuthorizationQueryParametersError", `X-Amz-Algorithm only supports ${ALGORITHM}`);
  }
  return {
    credential: need("X-Amz-Credential"),
    signedHeaders: need("X-Amz-SignedHeaders").split(";"),
    signature: need("X-Amz-Signature"),
    date: need("X-Amz-Date"),
    payload: query.get("X-Amz-Content-Sha256") ?? headers["x-amz-content-sha256"] ?? "UNSIGNED-PAYLOAD",
    query: [...query].filter(([name]) => name !== "X-Amz-Signature"),
  };
}

function assertSigned({ headers }: S3Request, { signedHeaders }: Claim, presigned: boolean): void {
  if (!signedHeaders.includes("host")) throw malformed("The host header must be signed");
  const unsigned = Object.keys(headers).filter((name) => name.startsWith("x-amz-") && !signedHeaders.includes(name));
  // With a signed URL the hash of the payload may come in a header that only says "unsigned".
  const forbidden = presigned ? unsigned.filter((name) => name !== "x-amz-content-sha256") : unsigned;
  if (forbidden.length > 0) {
    throw failures.accessDenied(
      `There were headers present in the request which were not signed: ${forbidden.join(", ")}`,
    );
  }
  for (const name of signedHeaders) {
    if (headers[name] === undefined) throw failures.accessDenied(`The signed header ${name} is missing`);
  }
}

function assertScope({ credential, date }: Claim, { credentials, region }: SignatureContext): string {
  const [accessKeyId, day, scopeRegion, service, terminator, ...rest] = credential.split("/");
  if (rest.length > 0 || terminator !== "aws4_request" || service !== "s3")
    throw malformed("The credential scope is malformed");
  if (accessKeyId !== credentials.accessKeyId) {
    throw new S3Failure(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.");
  }
  if (scopeRegion !== region) throw malformed(`the region '${scopeRegion}' is wrong; expecting '${region}'`);
  if (day !== date.slice(0, 8)) throw malformed("The date of the credential scope is not that of the request");
  return `${day}/${scopeRegion}/${service}/${terminator}`;
}

function assertNotExpired({ query }: S3Request, at: Date, now: Date): void {
  const expires = Number(query.get("X-Amz-Expires"));
  if (!Number.isInteger(expires) || expires < 1 || expires > MAX_EXPIRES_SECONDS) {
    throw new S3Failure(400, "AuthorizationQueryParametersError", "X-Amz-Expires must be between 1 and 604800 seconds");
  }
  if (at.getTime() - now.getTime() > MAX_SKEW_MS) throw failures.accessDenied("Request is not valid yet");
  if (now.getTime() > at.getTime() + expires * 1000) throw failures.accessDenied("Request has expired");
}

function canonicalRequest(request: S3Request, claim: Claim): string {
  const query = claim.query
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
  const headers = claim.signedHeaders.map(
    (name) => `${name}:${(request.headers[name] ?? "").trim().replace(/ +/g, " ")}\n`,
  );
  return [
    request.method,
    request.path.split("/").map(encode).join("/"),
    query,
    headers.join(""),
    claim.signedHeaders.join(";"),
    claim.payload,
  ].join("\n");
}

/** The signature of one chunk of a streamed body; it covers the one before. */
export function chunkSignature(verified: VerifiedSignature, previous: string, chunk: Uint8Array): string {
  const text = [`${ALGORITHM}-PAYLOAD`, verified.date, verified.scope, previous, sha256Hex(""), sha256Hex(chunk)].join(
    "\n",
  );
  return sign(verified.signingKey, text);
}

export function trailerSignature(verified: VerifiedSignature, previous: string, trailers: string): string {
  const text = [`${ALGORITHM}-TRAILER`, verified.date, verified.scope, previous, sha256Hex(trailers)].join("\n");
  return sign(verified.signingKey, text);
}

function stringToSign(algorithm: string, date: string, scope: string, hash: string): string {
  return [algorithm, date, scope, hash].join("\n");
}

function deriveKey(secret: string, scope: string): Buffer {
  return scope
    .split("/")
    .reduce((key, part) => createHmac("sha256", key).update(part).digest(), Buffer.from(`AWS4${secret}`));
}

function sign(key: Buffer, text: string): string {
  return createHmac("sha256", key).update(text).digest("hex");
}

export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function equal(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function parseDate(date: string): Date {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(at.getTime()))
    throw failures.accessDenied("AWS authentication requires a valid Date or x-amz-date header");
  return at;
}

function malformed(message: string): S3Failure {
  return new S3Failure(400, "AuthorizationHeaderMalformed", message);
}
