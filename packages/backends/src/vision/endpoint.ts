import { type Clock, PermanentError, redact, TransientError, UserError } from "@loramill/contracts";
import { Agent, type BodyInit, fetch as undiciFetch } from "undici";
import { type EndpointAdvice, errorInside, errorOfAnswer } from "./endpoint-errors.ts";

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

/** A JSON API somewhere else: every failure comes out as an error of one of the three classes, without a secret. */
export interface Endpoint {
  ask(question: EndpointQuestion): Promise<unknown>;
  /** A server's words, fit to be shown. */
  say(text: string): string;
  close(): Promise<void>;
}

const MAX_ANSWER_BYTES = 1024 * 1024;

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
          ...(type === undefined ? {} : { "content-type": type }),
          ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
        },
        ...(body === undefined ? {} : { body }),
        redirect: "manual",
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
        dispatcher: agent,
      });
      const parsed = parseJson(await readText(response.body, question.maxBytes ?? MAX_ANSWER_BYTES, advice.who));
      const { status, headers } = response;
      const answer = { status, headers, body: parsed, advice, say, now: parts.clock.now() };
      if (!response.ok) throw errorOfAnswer(answer);
      if (parsed === undefined) throw new TransientError(`${advice.who} answered no JSON`, { code: "bad-answer" });
      const inside = errorInside(answer);
      if (inside !== null) throw inside;
      return parsed;
    } catch (error) {
      signal?.throwIfAborted();
      if (timeout.aborted) {
        throw new TransientError(`${advice.who} did not answer within ${timeoutMs} ms`, {
          code: "endpoint-timeout",
          cause: error,
        });
      }
      if (error instanceof UserError || error instanceof TransientError || error instanceof PermanentError) throw error;
      throw new TransientError(`${advice.who} cannot be reached (${say(reasonOf(error))})`, {
        code: "endpoint-unreachable",
        cause: error,
      });
    }
  }

  return { ask, say, close: () => (agent.destroyed ? Promise.resolve() : agent.destroy()) };
}

async function readText(body: AsyncIterable<Uint8Array> | null, maxBytes: number, who: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes)
      throw new TransientError(`${who} answered more than ${maxBytes} bytes`, { code: "bad-answer" });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** undici hides the reason (`ECONNREFUSED`) in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause: unknown = error.cause;
  if (cause instanceof Error) return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
  return error.message;
}
