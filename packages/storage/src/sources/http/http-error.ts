import { isRetryableStatus, readRetryAfter, redact, UserError } from "@loramill/contracts";

/** A failure that another try may mend. */
export class Transient extends Error {
  readonly code: string;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: { code: string; retryAfterMs?: number | undefined; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.code = options.code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The error of an answer other than 200, 304 and redirects. */
export function errorOfStatus(status: number, retryAfter: string | undefined, nowMs: number): UserError | Transient {
  const code = "http-status";
  if (isRetryableStatus(status)) {
    const message = `the server answered ${status}${status === 429 ? " (too many requests)" : ""}`;
    return new Transient(message, { code, retryAfterMs: readRetryAfter(retryAfter, new Date(nowMs)) });
  }
  const meaning: Readonly<Record<number, string>> = {
    401: "it wants a login",
    403: "it forbids access; signed URLs may have expired",
    404: "there is no such file",
    410: "the file is gone",
  };
  return new UserError(`the server answered ${status}${meaning[status] ? `: ${meaning[status]}` : ""}`, { code });
}

/** What went wrong below HTTP: names that do not exist are final, broken connections are worth another try. */
export function errorOfConnection(error: unknown): UserError | Transient {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof UserError || cause instanceof Transient) return cause;
  }
  const code = codeOf(error);
  if (code === "ENOTFOUND") return new UserError("its server's name does not exist", { code: "host-not-found" });
  if (/^(CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code)) {
    return new UserError(`the server's certificate is not trusted (${code})`, { code: "bad-certificate" });
  }
  if (/TIMEOUT|ETIMEDOUT/.test(code)) {
    return new Transient(`the server did not answer in time (${code})`, { code: "fetch-timeout", cause: error });
  }
  const why = code === "" && error instanceof Error ? redact(error.message) : code;
  return new Transient(`the connection failed (${why})`, { code: "fetch-failed", cause: error });
}

function codeOf(error: unknown): string {
  const own = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof own === "string" ? own : "";
}
