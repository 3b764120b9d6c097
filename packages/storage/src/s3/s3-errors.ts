import { isRetryableStatus, PermanentError, TransientError, UserError } from "@loramill/contracts";
import { missing } from "../bytes.ts";

const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ERR_STREAM_PREMATURE_CLOSE",
  "HPE_INVALID_CONSTANT",
]);
const DENIED = new Set(["AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId", "AuthorizationHeaderMalformed"]);
const OWN_CREDENTIALS = "S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY and the bucket's policy";
const DAMAGED_IN_TRANSFER = new Set([
  "BadDigest",
  "InvalidDigest",
  "XAmzContentSHA256Mismatch",
  "XAmzContentChecksumMismatch",
  "IncompleteBody",
]);

/** The parts of the SDK's errors that decide anything. Read leniently: servers differ. */
interface S3Failure {
  readonly name: string;
  readonly code: string | undefined;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly requestId: string | undefined;
}

export interface FailedRequest {
  readonly id: string;
  readonly key: string;
  /** What to look at when credentials are refused. */
  readonly credentialsAdvice?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The one place where failures of S3 become errors of ours. Errors of ours pass through; unknown ones stay bugs. */
export function mapS3Error(error: unknown, request: FailedRequest): unknown {
  if (request.signal?.aborted) return request.signal.reason;
  if (isOurs(error)) return error;
  const failure = readFailure(error);
  if (failure === null) return error;
  const { id, key } = request;
  const { name, code, status, retryAfterMs } = failure;
  const details = { key, s3: name, status: status ?? null, requestId: failure.requestId ?? null };
  const make = (errorCode: string) => ({ code: errorCode, cause: error, details });

  if (name === "NoSuchBucket") {
    return new PermanentError(
      `the bucket of ${id} does not exist: create it or correct STORAGE_URL`,
      make("bucket-missing"),
    );
  }
  if (name === "NoSuchKey" || (status === 404 && name !== "NoSuchUpload")) return missing(key, id);
  if (name === "RequestTimeTooSkewed") {
    return new PermanentError("the clock of this machine is wrong: set it (NTP), then resume", make("clock-skew"));
  }
  if (DENIED.has(name) || name === "CredentialsProviderError" || status === 401 || status === 403) {
    return new PermanentError(
      `${id} refuses these credentials (${name}): check ${request.credentialsAdvice ?? OWN_CREDENTIALS}`,
      make("storage-denied"),
    );
  }
  if (name === "QuotaExceeded" || status === 507) {
    return new PermanentError(`${id} is full: free space or raise its quota, then resume`, make("storage-full"));
  }
  if (name === "EntityTooLarge") return new UserError(`${key} is too large for ${id}`, make("object-too-large"));
  if (status === 416) return new UserError(`the range lies outside of ${key}`, make("bad-range"));
  if (status === 412)
    return new TransientError(`${key} was replaced while it was read; read it again`, make("object-changed"));
  if (status === 501 || name === "NotImplemented") {
    return new PermanentError(
      `${id} does not know a request of ours: try S3_CHECKSUMS=when-required, and run \`loramill doctor storage\``,
      make("storage-unsupported"),
    );
  }
  if (DAMAGED_IN_TRANSFER.has(name) || isChecksumMismatch(error)) {
    return new TransientError(`${key} was damaged on its way to or from ${id}`, make("transfer-damaged"));
  }
  if (status === undefined) {
    if (name !== "TimeoutError" && !UNREACHABLE.has(code ?? "")) return error;
    return new TransientError(
      `${id} cannot be reached or does not answer (${code ?? name})`,
      make("storage-unreachable"),
    );
  }
  if (isRetryableStatus(status) || name === "RequestTimeout" || name === "SlowDown") {
    return new TransientError(`${id} is busy or failing (${name}, HTTP ${status})`, {
      ...make("storage-busy"),
      retryAfterMs,
    });
  }
  return new PermanentError(`${id} refuses the request for ${key} (${name}, HTTP ${status})`, make("storage-refused"));
}

/** Whether a whole body was read and did not have the checksum that the server gave. */
function isChecksumMismatch(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Checksum mismatch");
}

function isOurs(error: unknown): boolean {
  return error instanceof UserError || error instanceof TransientError || error instanceof PermanentError;
}

function readFailure(error: unknown): S3Failure | null {
  if (!(error instanceof Error)) return null;
  const { $metadata, $response, code, Code } = error as Error & {
    $metadata?: { httpStatusCode?: number; requestId?: string };
    $response?: { headers?: Record<string, string> };
    code?: unknown;
    Code?: unknown;
  };
  const seconds = Number($response?.headers?.["retry-after"]);
  return {
    name: typeof Code === "string" ? Code : error.name,
    code: typeof code === "string" ? code : undefined,
    status: $metadata?.httpStatusCode,
    retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined,
    requestId: $metadata?.requestId,
  };
}
