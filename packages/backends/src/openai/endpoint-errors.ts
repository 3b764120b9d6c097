import { isRetryableStatus, PermanentError, TransientError, UserError } from "@loramill/contracts";
import { z } from "zod";

/** The shapes in which servers say what went wrong. */
const ErrorBody = z.union([
  z.looseObject({ error: z.looseObject({ message: z.string() }) }).transform(({ error }) => error.message),
  z.looseObject({ error: z.string() }).transform(({ error }) => error),
  z.looseObject({ detail: z.string() }).transform(({ detail }) => detail),
  z.looseObject({ message: z.string() }).transform(({ message }) => message),
]);

const MAX_SHOWN = 300;

/**
 * What an answer other than 2xx means: the only place where statuses are judged. `say` shortens and redacts what the
 * server wrote.
 */
export function errorOfStatus(
  status: number,
  body: unknown,
  headers: { get(name: string): string | null },
  say: (text: string) => string,
  now: Date,
): UserError | TransientError | PermanentError {
  const said = say(ErrorBody.safeParse(body).data ?? "").slice(0, MAX_SHOWN);
  const because = said === "" ? `status ${status}` : `status ${status}: ${said}`;
  const details = { status };
  if (isRetryableStatus(status)) {
    const code =
      status === 429 ? "rate-limited" : status === 408 || status === 504 ? "endpoint-timeout" : "endpoint-failed";
    const retryAfterMs = readRetryAfter(headers, now);
    return new TransientError(`The vision endpoint answered ${because}`, { code, details, retryAfterMs });
  }
  if (status === 413) {
    return new UserError(
      `The picture is too large for the vision endpoint (${because}): prepare it at a lower resolution`,
      {
        code: "picture-too-large",
        details,
      },
    );
  }
  if (status === 400 || status === 415 || status === 422) {
    return new UserError(`The vision endpoint refused the picture (${because})`, { code: "caption-refused", details });
  }
  return new PermanentError(`The vision endpoint answered ${because}: ${advice(status)}`, {
    code: codeOf(status),
    details,
  });
}

function codeOf(status: number): string {
  if (status === 401 || status === 403) return "endpoint-key-refused";
  if (status === 402) return "payment-required";
  return status === 404 ? "endpoint-not-found" : "endpoint-refused";
}

function advice(status: number): string {
  if (status === 401 || status === 403) return "check LLAVA_API_KEY";
  if (status === 402) return "its account has no credit left";
  if (status === 404) return "check LLAVA_API_URL (it should end in /v1) and LLAVA_MODEL";
  return status < 400 ? "it has moved: set LLAVA_API_URL to its new address" : "check LLAVA_API_URL";
}

/** `retry-after-ms`, or Retry-After as seconds or as a date; undefined when it says neither. */
function readRetryAfter(headers: { get(name: string): string | null }, now: Date): number | undefined {
  const precise = Number(headers.get("retry-after-ms") ?? Number.NaN);
  if (precise >= 0) return precise;
  const text = headers.get("retry-after");
  if (text === null) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime());
}
