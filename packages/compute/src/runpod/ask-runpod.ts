import { setTimeout as delay } from "node:timers/promises";
import { type Clock, PermanentError, TransientError, UserError } from "@loramill/contracts";
import { type Response, fetch as undiciFetch } from "undici";
import type { z } from "zod";
import { hideSecrets } from "./hide-secrets.ts";
import { errorOfAnswer } from "./runpod-errors.ts";

export interface Connection {
  /** Sent as a bearer token, never shown. */
  readonly apiKey: string;
  readonly timeoutMs: number;
  readonly capacityWords: readonly string[];
  readonly clock: Clock;
  readonly fetch?: typeof undiciFetch;
  /** Waits between two tries of what may be asked twice. */
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface Question {
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE";
  readonly url: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

export interface RunPod {
  /** The parsed answer, `null` where it has no body. Only GET, PATCH and DELETE are asked again when the answer was lost. */
  ask<T>(question: Question, schema: z.ZodType<T>): Promise<T>;
  /** An answer that goes on, such as a log: its body as it comes, until the signal. */
  open(question: Question & { signal: AbortSignal }): Promise<AsyncIterable<Uint8Array>>;
}

const TRIES = 3;
const FIRST_WAIT_MS = 1_000;
/** A longer wait is the caller's to make: it holds a connection and a turn meanwhile. */
const MAX_WAIT_MS = 30_000;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** Default names of HTTP libraries have been refused by the network in front of the vendor. */
const USER_AGENT = "loramill/0.1";

/** RunPod's HTTP, by key: what fails comes out as an error of one of the three classes, without a secret. */
export function connectRunPod(connection: Connection): RunPod {
  const { apiKey, clock, timeoutMs, capacityWords } = connection;
  const fetch = connection.fetch ?? undiciFetch;
  const sleep = connection.sleep ?? ((ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }));
  const say = hideSecrets(apiKey);

  async function once(question: Question): Promise<Response> {
    const { method = "GET", url, body, signal } = question;
    const response = await fetch(url, {
      method,
      headers: {
        accept: "application/json",
        authorization: `Bearer ${apiKey}`,
        "user-agent": USER_AGENT,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: "manual",
      ...(signal === undefined ? {} : { signal }),
    });
    if (response.ok) return response;
    const failed = { status: response.status, headers: response.headers, body: await readText(response) };
    throw errorOfAnswer({ ...failed, now: clock.now(), capacityWords, say: hideSecrets(apiKey, body) });
  }

  async function tryOnce(question: Question): Promise<unknown> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = question.signal === undefined ? timeout : AbortSignal.any([question.signal, timeout]);
    try {
      const response = await once({ ...question, signal });
      const text = await readText(response);
      return text === "" ? null : JSON.parse(text);
    } catch (error) {
      question.signal?.throwIfAborted();
      throw failureOf(error, timeout.aborted);
    }
  }

  function failureOf(error: unknown, isLate: boolean): Error {
    if (error instanceof UserError || error instanceof TransientError || error instanceof PermanentError) return error;
    if (isLate) {
      const message = `RunPod did not answer within ${timeoutMs} ms (RUNPOD_TIMEOUT_SECONDS)`;
      return new TransientError(message, { code: "provider-timeout", cause: error });
    }
    if (error instanceof SyntaxError) {
      return new TransientError("RunPod answered something that is no JSON", { code: "bad-answer", cause: error });
    }
    const message = `RunPod cannot be reached (${say(reasonOf(error))})`;
    return new TransientError(message, { code: "provider-unreachable", cause: error });
  }

  async function* chunksOf(
    body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      signal.throwIfAborted();
      throw failureOf(error, false);
    }
  }

  async function untilAnswered(question: Question): Promise<unknown> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await tryOnce(question);
      } catch (error) {
        const isSafe = question.method !== "POST";
        if (!(isSafe && error instanceof TransientError) || tries === TRIES) throw error;
        const wait = error.retryAfterMs ?? FIRST_WAIT_MS * 2 ** (tries - 1);
        if (wait > MAX_WAIT_MS) throw error;
        await sleep(wait, question.signal);
      }
    }
  }

  return {
    async ask(question, schema) {
      const parsed = schema.safeParse(await untilAnswered(question));
      if (parsed.success) return parsed.data;
      const where = parsed.error.issues[0]?.path.join(".") ?? "";
      throw new TransientError(`RunPod answered in another shape than it promises (${where})`, { code: "bad-answer" });
    },
    async open(question) {
      try {
        return chunksOf((await once(question)).body ?? [], question.signal);
      } catch (error) {
        question.signal.throwIfAborted();
        throw failureOf(error, false);
      }
    },
  };
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) {
      throw new TransientError(`RunPod answered more than ${MAX_ANSWER_BYTES} bytes`, { code: "bad-answer" });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The reason (`ECONNREFUSED`) is hidden in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause: unknown = error.cause;
  if (cause instanceof Error) return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
  return error.message;
}
