import {
  isRetryableStatus,
  PermanentError,
  readRateLimit,
  readRetryAfter,
  TransientError,
  UserError,
} from "@loramill/contracts";
import { z } from "zod";

/** The shapes in which servers say what went wrong. */
const ErrorBody = z.union([
  z.looseObject({ error: z.looseObject({ message: z.string() }) }).transform(({ error }) => error.message),
  z.looseObject({ error: z.string() }).transform(({ error }) => error),
  z.looseObject({ error: z.array(z.string()).min(1) }).transform(({ error }) => error.join("; ")),
  z.looseObject({ detail: z.string() }).transform(({ detail }) => detail),
  z.looseObject({ message: z.string() }).transform(({ message }) => message),
]);

const Waits = z.looseObject({
  retry_after: z.number().min(0).optional().catch(undefined),
  estimated_time: z.number().min(0).optional().catch(undefined),
  detail: z.string().optional().catch(undefined),
});

const MAX_SHOWN = 300;
/** Servers that load a model have promised half an hour for what took a minute; asking again costs nothing. */
const MAX_LOADING_MS = 120_000;

/** What a person is told to look at, by what is wrong. */
export interface EndpointAdvice {
  /** Such as `The vision endpoint`; begins every message. */
  readonly who: string;
  readonly key: string;
  readonly payment: string;
  readonly notFound: string;
  readonly address: string;
  /** What passes by itself, and what to set when it comes too often: after a 429, and when an answer was late. */
  readonly limit?: string;
  readonly time?: string;
  /** What was refused, and under which code it is told; a picture unless it is said. */
  readonly refusal?: { readonly what: string; readonly code: string };
}

const PICTURE = { what: "the picture", code: "caption-refused" };

export interface FailedAnswer {
  readonly status: number;
  /** As JSON; undefined where it is none, such as a page of what stands before the server. */
  readonly body: unknown;
  readonly text: string;
  readonly headers: { get(name: string): string | null };
  readonly advice: EndpointAdvice;
  /** Shortens and redacts what the server wrote. */
  readonly say: (text: string) => string;
  readonly now: Date;
}

/** What an answer other than 2xx means: the only place where statuses are judged. */
export function errorOfAnswer(answer: FailedAnswer): UserError | TransientError | PermanentError {
  const { status, body, advice } = answer;
  const said = answer.say(ErrorBody.safeParse(body).data ?? "").slice(0, MAX_SHOWN);
  const because = said === "" ? `status ${status}` : `status ${status}: ${said}`;
  const details = { status };
  if (isRetryableStatus(status)) {
    const { code, retryAfterMs } = waitOf(answer);
    return new TransientError(`${advice.who} answered ${because}${adviceOnWait(code, advice)}`, {
      code,
      details,
      retryAfterMs,
    });
  }
  if (status === 413 && advice.refusal === undefined) {
    return new UserError(
      `The picture is too large for ${lowered(advice.who)} (${because}): prepare it at a lower resolution`,
      { code: "picture-too-large", details },
    );
  }
  if ([400, 413, 415, 422].includes(status)) {
    const { what, code } = advice.refusal ?? PICTURE;
    return new UserError(`${advice.who} refused ${what} (${because})`, { code, details });
  }
  if (status === 403 && isRefusedByNetwork(answer.text)) {
    const message = `The network before ${lowered(advice.who)} refused this client or its address (status 403, error code 1010)`;
    return new PermanentError(`${message}: the key is not at fault; ask from another address, or ask the provider`, {
      code: "endpoint-network-refused",
      details,
    });
  }
  return new PermanentError(`${advice.who} answered ${because}: ${adviceOn(status, advice)}`, {
    code: codeOf(status),
    details,
  });
}

/** Content networks refuse clients by their name or address with this line in place of the server's answer. */
const isRefusedByNetwork = (text: string): boolean => /error code: 1010/i.test(text);

/** An error that was sent with status 200; null when the body holds none. */
export function errorInside(answer: FailedAnswer): Error | null {
  const inside = InnerError.safeParse(answer.body).data;
  if (inside === undefined) return null;
  const status = inside.status;
  if (status !== null) return errorOfAnswer({ ...answer, status });
  const said = answer.say(inside.message).slice(0, MAX_SHOWN);
  return new TransientError(`${answer.advice.who} answered 200 with an error: ${said}`, { code: "endpoint-failed" });
}

const statusOf = (code: unknown): number | null => {
  const status = typeof code === "string" ? Number(code) : code;
  return typeof status === "number" && status >= 400 && status < 600 ? status : null;
};

const InnerError = z.union([
  z
    .looseObject({
      error: z.looseObject({ message: z.string(), code: z.unknown().optional(), status: z.unknown().optional() }),
    })
    .transform(({ error }) => ({ message: error.message, status: statusOf(error.code) ?? statusOf(error.status) })),
  z
    .looseObject({ error: z.string().min(1), choices: z.undefined().optional(), status: z.number().optional() })
    .transform(({ error, status }) => ({ message: error, status: statusOf(status) })),
]);

function waitOf(answer: FailedAnswer): { code: string; retryAfterMs: number | undefined } {
  const { status, headers, now } = answer;
  const body = Waits.safeParse(answer.body).data;
  const told = readWaitMs(headers, now);
  if (status === 503 && body?.estimated_time !== undefined) {
    return { code: "model-loading", retryAfterMs: told ?? Math.min(body.estimated_time * 1000, MAX_LOADING_MS) };
  }
  if (status === 429) {
    const inWords = /~\s?(\d{1,6})s\b/.exec(body?.detail ?? "")?.[1];
    const seconds = body?.retry_after ?? (inWords === undefined ? undefined : Number(inWords));
    return { code: "rate-limited", retryAfterMs: told ?? (seconds === undefined ? undefined : seconds * 1000) };
  }
  return { code: [408, 504, 524].includes(status) ? "endpoint-timeout" : "endpoint-failed", retryAfterMs: told };
}

function codeOf(status: number): string {
  if (status === 401 || status === 403) return "endpoint-key-refused";
  if (status === 402) return "payment-required";
  return status === 404 ? "endpoint-not-found" : "endpoint-refused";
}

function adviceOn(status: number, advice: EndpointAdvice): string {
  if (status === 401 || status === 403) return advice.key;
  if (status === 402) return advice.payment;
  if (status === 404) return advice.notFound;
  return status < 400 ? `it has moved: ${advice.address}` : advice.address;
}

/** What to do about something that passes by itself when it keeps coming back; "" where there is nothing to do. */
export function adviceOnWait(code: string, advice: EndpointAdvice): string {
  const said: Readonly<Record<string, string | undefined>> = {
    "rate-limited": advice.limit,
    "endpoint-timeout": advice.time,
    "endpoint-unreachable": advice.address,
  };
  return said[code] === undefined ? "" : `: ${said[code]}`;
}

const lowered = (who: string): string => who.replace(/^The\b/, "the");

/** Longest wait that is taken from an answer: whoever asks for more is asked again. */
const MAX_WAIT_MS = 3_600_000;

/** `retry-after-ms`, else Retry-After, else the window of RateLimit that is used up; undefined when none says it. */
function readWaitMs(headers: FailedAnswer["headers"], now: Date): number | undefined {
  const precise = headers.get("retry-after-ms");
  if (precise !== null && Number(precise) >= 0) return Number(precise);
  const told = readRetryAfter(headers.get("retry-after"), now) ?? readRateLimit(headers.get("ratelimit"));
  return told === undefined ? undefined : Math.min(told, MAX_WAIT_MS);
}
