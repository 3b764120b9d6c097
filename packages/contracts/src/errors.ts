import { z } from "zod";
import type { Json } from "./digest.ts";

/**
 * Every expected failure is one of three classes, named by who must act:
 * `UserError` the requester (fails at once, the message is shown), `TransientError` nobody (wait and retry),
 * `PermanentError` we (stop and look). Anything else is a bug and is retried and reported loudly.
 */
export type ErrorClass = "user" | "transient" | "permanent" | "bug";

/** Codes with a policy of their own; see `orchestration/retry-policy.ts`. Other codes follow their class. */
export type PolicyCode =
  | "capacity"
  | "preempted"
  | "out-of-memory"
  | "diverged"
  | "poison-input"
  | "worker-lost"
  | "timeout"
  | "cancelled"
  | "drained";

export type ErrorDetails = { readonly [key: string]: Json };

interface FailureOptions {
  readonly code: string;
  readonly details?: ErrorDetails;
  readonly cause?: unknown;
}

abstract class LoramillError extends Error {
  abstract readonly errorClass: ErrorClass;
  readonly code: string;
  readonly details: ErrorDetails;

  constructor(message: string, options: FailureOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.details = options.details ?? {};
  }
}

export class UserError extends LoramillError {
  readonly errorClass = "user";
}

export class TransientError extends LoramillError {
  readonly errorClass = "transient";
  /** What the other side asked for (Retry-After), in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: FailureOptions & { readonly retryAfterMs?: number | undefined }) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

export class PermanentError extends LoramillError {
  readonly errorClass = "permanent";
}

/** An error as it is kept in the catalog, sent over HTTP and shown: no stack, no cause, nothing secret. */
export const ErrorRecord = z.object({
  class: z.enum(["user", "transient", "permanent", "bug"]),
  code: z.string().max(64),
  message: z.string().max(4096),
  details: z.record(z.string(), z.json()).default({}),
  retryAfterMs: z.number().min(0).optional(),
});
export type ErrorRecord = z.output<typeof ErrorRecord>;

/** Matches credentials in the texts of errors that libraries throw: userinfo in URLs, signatures, bearer tokens. */
const SECRETS = [
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^/\s:@]*:[^/\s@]*@/gi, "$1***@"],
  // A token in the place of a name, as code hosts take it; names are shorter.
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^/\s:@?#]{20,}@/gi, "$1***@"],
  [
    /([?&](?:X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|X-Goog-Signature|signature|sig|access_token|token|api_?key|key)=)[^&\s"']+/gi,
    "$1***",
  ],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/g, "$1 ***"],
  [/\b(sk|hf|r8|rpa|rps|lm)_[A-Za-z0-9]{12,}/g, "$1_***"],
  [/\bsk-[A-Za-z0-9_-]{20,}/g, "sk-***"],
] as const;

export function redact(text: string): string {
  return SECRETS.reduce((clean, [pattern, by]) => clean.replace(pattern, by), text);
}

/** Shorter values of an environment are words that errors need: a port, a number of slots. */
const SHORTEST_HIDDEN = 8;

/**
 * Redacts texts that may quote secrets which are known: they go as they are and as JSON has them, the longest first because one may
 * begin another, and with them whatever looks like a credential. Of an `environment`, in which anything may be a secret, values of 8
 * characters or more are taken for some.
 */
export function hideValues(secrets: readonly string[], environment: readonly string[] = []): (text: string) => string {
  const values = [...secrets, ...environment.filter((value) => value.length >= SHORTEST_HIDDEN)]
    .flatMap((value) => [value, JSON.stringify(value).slice(1, -1)])
    .filter((value) => value !== "")
    .sort((a, b) => b.length - a.length);
  return (text) => redact(values.reduce((clean, value) => clean.replaceAll(value, "***"), text));
}

/** Turns whatever was thrown into a record. Unknown errors become class `bug`, code `unexpected`. */
export function toErrorRecord(error: unknown): ErrorRecord {
  if (error instanceof UserError || error instanceof TransientError || error instanceof PermanentError) {
    const retryAfterMs = error instanceof TransientError ? error.retryAfterMs : undefined;
    return {
      class: error.errorClass,
      code: error.code,
      message: redact(error.message).slice(0, 4096),
      details: error.details as ErrorRecord["details"],
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { class: "bug", code: "unexpected", message: redact(message).slice(0, 4096), details: {} };
}

/** The error that `toErrorRecord` made a record of, of the same class: for what crosses a thread or a wire. */
export function fromErrorRecord(record: ErrorRecord): Error {
  const options = { code: record.code, details: record.details };
  if (record.class === "user") return new UserError(record.message, options);
  if (record.class === "permanent") return new PermanentError(record.message, options);
  if (record.class === "transient") {
    return new TransientError(record.message, { ...options, retryAfterMs: record.retryAfterMs });
  }
  const [, name = "Error", message = record.message] = /^(\w+): (.*)$/s.exec(record.message) ?? [];
  return Object.assign(new Error(message), { name });
}

/** The class of an HTTP answer, decided once at the edge: 408, 409, 425, 429 and 5xx are worth another try. */
export function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 409 || status === 425 || status === 429 || status >= 500;
}
