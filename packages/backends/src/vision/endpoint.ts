import { type Clock, PermanentError, redact, TransientError, UserError } from "@loramill/contracts";
import { Agent, type BodyInit, fetch as undiciFetch } from "undici";
import { parseJson, readText, reasonOf } from "../http-answer.ts";
import { adviceOnWait, type EndpointAdvice, errorInside, errorOfAnswer } from "./endpoint-errors.ts";

export interface EndpointOptions {
  /** Sent as a bearer token, and never shown. */
  readonly apiKey: string | null;
  readonly connections: number;
  /** Milliseconds until an answer must be there, unless a question says otherwise. */
  readonly timeoutMs: number;
  readonly advice: EndpointAdvice;
}

export interface EndpointParts {
  readonly clock: Clock;
  readonly fetch?: typeof undiciFetch;
}

export interface EndpointQuestion {
  readonly url: string;
  readonly method?: "GET" | "POST";
  /** Sent as JSON when it is a text, else as it is. */
  readonly body?: BodyInit;
  readonly contentType?: string;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface EndpointDownload {
  readonly url: string;
  /** Until the last byte is there. */
  readonly timeoutMs: number;
  /** Whether the address is the endpoint's own and is asked with its key; another's must not see it. */
  readonly isOwn: boolean;
  readonly signal: AbortSignal;
}

/** A JSON API somewhere else: every failure comes out as an error of one of the three classes, without a secret. */
export interface Endpoint {
  ask(question: EndpointQuestion): Promise<unknown>;
  /** The bytes of a file that the endpoint names, as they come. */
  download(file: EndpointDownload): AsyncIterable<Uint8Array>;
  /** A server's words, fit to be shown. */
  say(text: string): string;
  close(): Promise<void>;
}

const MAX_ANSWER_BYTES = 1024 * 1024;
/** Default names of HTTP libraries are refused by some networks in front of servers. */
const USER_AGENT = "loramill/0.1";

export function createEndpoint(options: EndpointOptions, parts: EndpointParts): Endpoint {
  const { apiKey, advice } = options;
  // A connection that was kept for too long may have been dropped by the other side without a word.
  const agent = new Agent({
    connections: options.connections,
    keepAliveTimeout: 10_000,
    headersTimeout: options.timeoutMs,
    bodyTimeout: options.timeoutMs,
  });
  const fetch = parts.fetch ?? undiciFetch;
  const say = (text: string) => redact(apiKey === null ? text : text.replaceAll(apiKey, "***"));

  async function ask(question: EndpointQuestion): Promise<unknown> {
    const { url, body, signal, timeoutMs = options.timeoutMs } = question;
    const timeout = AbortSignal.timeout(timeoutMs);
    const type = question.contentType ?? (typeof body === "string" ? "application/json" : undefined);
    try {
      const response = await fetch(url, {
        method: question.method ?? (body === undefined ? "GET" : "POST"),
        headers: {
          accept: "application/json",
          "user-agent": USER_AGENT,
          ...(type === undefined ? {} : { "content-type": type }),
          ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
        },
        ...(body === undefined ? {} : { body }),
        redirect: "manual",
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
        dispatcher: agent,
      });
      const text = await readText(response.body, question.maxBytes ?? MAX_ANSWER_BYTES, advice.who);
      const parsed = parseJson(text);
      const { status, headers } = response;
      const answer = { status, headers, body: parsed, text, advice, say, now: parts.clock.now() };
      if (!response.ok) throw errorOfAnswer(answer);
      if (parsed === undefined) throw new TransientError(`${advice.who} answered no JSON`, { code: "bad-answer" });
      const inside = errorInside(answer);
      if (inside !== null) throw inside;
      return parsed;
    } catch (error) {
      throw failureOf(error, { signal, timeout, timeoutMs });
    }
  }

  async function* download({ url, timeoutMs, isOwn, signal }: EndpointDownload): AsyncGenerator<Uint8Array> {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(url, {
        headers: {
          "user-agent": USER_AGENT,
          ...(isOwn && apiKey !== null ? { authorization: `Bearer ${apiKey}` } : {}),
        },
        redirect: isOwn ? "manual" : "follow",
        signal: AbortSignal.any([signal, timeout]),
        dispatcher: agent,
      });
      const { status, headers } = response;
      if (!response.ok) {
        const text = await readText(response.body, MAX_ANSWER_BYTES, advice.who);
        throw errorOfAnswer({ status, headers, body: parseJson(text), text, advice, say, now: parts.clock.now() });
      }
      yield* response.body ?? [];
    } catch (error) {
      throw failureOf(error, { signal, timeout, timeoutMs });
    }
  }

  /** What is thrown when no answer came: an abort as it is, a failure of ours as it is, anything else as transient. */
  function failureOf(
    error: unknown,
    { signal, timeout, timeoutMs }: { signal: AbortSignal | undefined; timeout: AbortSignal; timeoutMs: number },
  ): unknown {
    if (signal?.aborted) return signal.reason;
    if (timeout.aborted) {
      const code = "endpoint-timeout";
      const late = `${advice.who} did not answer within ${timeoutMs} ms`;
      return new TransientError(`${late}${adviceOnWait(code, advice)}`, { code, cause: error });
    }
    if (error instanceof UserError || error instanceof TransientError || error instanceof PermanentError) return error;
    const code = "endpoint-unreachable";
    const away = `${advice.who} cannot be reached (${say(reasonOf(error))})`;
    return new TransientError(`${away}${adviceOnWait(code, advice)}`, { code, cause: error });
  }

  return { ask, download, say, close: () => (agent.destroyed ? Promise.resolve() : agent.destroy()) };
}
