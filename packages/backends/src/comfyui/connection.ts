import { hideValues, PermanentError, TransientError, UserError } from "@loramill/contracts";
import { Agent, type BodyInit, fetch as undiciFetch } from "undici";
import { parseJson, readText, reasonOf } from "../http-answer.ts";
import { errorOfStatus } from "./http-errors.ts";

export interface ServerOptions {
  /** Address of the server, with the path under which a proxy shows it; no credentials. */
  readonly url: string;
  /** Sent with every request and never shown: what a proxy before the server wants to see. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface ConnectionOptions extends ServerOptions {
  /** Milliseconds until an answer must be there, unless a call says otherwise. */
  readonly timeoutMs: number;
}

export interface Call {
  readonly method?: "GET" | "POST";
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is a form. */
  readonly body?: unknown;
  readonly form?: BodyInit;
  readonly timeoutMs?: number;
  /** Added to the time for the answer, for what takes long to send. */
  readonly sendingMs?: number;
  readonly maxBytes?: number;
  /** Statuses that are an answer and no failure. */
  readonly accept?: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  /** Undefined when the answer is no JSON. */
  readonly json: unknown;
  readonly text: string;
}

export interface Opened {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array>;
}

/** One ComfyUI server over HTTP: failures come out as errors of the three classes, without a secret. */
export interface Connection {
  /** Host and path, fit to be shown. */
  readonly name: string;
  readonly socketUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  ask(path: string, call?: Call): Promise<Answer>;
  /** The answer with its body unread. `timeoutMs` is that of the headers and of every silence in the body. */
  open(path: string, call?: Call & { readonly range?: string }): Promise<Opened>;
  close(): Promise<void>;
}

/** Answers that are no files: the queue holds whole graphs, and the node classes of many packs are tens of megabytes. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export function connect(options: ConnectionOptions, parts: { readonly fetch?: typeof undiciFetch } = {}): Connection {
  const base = new URL(options.url.replace(/\/*$/, "/"));
  const name = `${base.host}${base.pathname.replace(/\/$/, "")}`;
  const agent = new Agent({ connections: 8, keepAliveTimeout: 10_000 });
  const fetch = parts.fetch ?? undiciFetch;
  // What follows the scheme of a header, such as Bearer, is a secret of its own.
  const say = hideValues(Object.values(options.headers).flatMap((value) => [value, value.replace(/^\w+ /, "")]));

  async function send(path: string, call: Call & { readonly range?: string }, timeout: AbortSignal) {
    const { body, form, query, signal } = call;
    const url = new URL(path.replace(/^\//, ""), base);
    for (const [key, value] of Object.entries(query ?? {})) url.searchParams.set(key, value);
    const response = await fetch(url, {
      method: call.method ?? (body === undefined && form === undefined ? "GET" : "POST"),
      headers: {
        ...options.headers,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(call.range === undefined ? {} : { range: call.range }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(form === undefined ? {} : { body: form }),
      redirect: "manual",
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      dispatcher: agent,
    });
    if (!response.ok && !call.accept?.includes(response.status)) {
      const said = say(await readText(response.body, 65_536, `ComfyUI at ${name}`)).slice(0, 300);
      throw errorOfStatus({ status: response.status, headers: response.headers, server: name, path, said });
    }
    return response;
  }

  function failure(error: unknown, timeout: AbortSignal, call: Call, timeoutMs: number): unknown {
    if (call.signal?.aborted) return call.signal.reason;
    if (timeout.aborted) {
      const message = `ComfyUI at ${name} did not answer within ${timeoutMs} ms: look whether it hangs`;
      return new TransientError(message, { code: "endpoint-timeout", cause: error });
    }
    if (error instanceof UserError || error instanceof TransientError || error instanceof PermanentError) return error;
    return new TransientError(
      `ComfyUI at ${name} cannot be reached (${say(reasonOf(error))}): start it, or correct COMFYUI_API_URL`,
      { code: "endpoint-unreachable", cause: error },
    );
  }

  return {
    name,
    socketUrl: new URL("ws", Object.assign(new URL(base), { protocol: base.protocol === "https:" ? "wss:" : "ws:" }))
      .href,
    headers: options.headers,

    async ask(path, call = {}) {
      const timeoutMs = Math.round((call.timeoutMs ?? options.timeoutMs) + (call.sendingMs ?? 0));
      const timeout = AbortSignal.timeout(timeoutMs);
      try {
        const response = await send(path, call, timeout);
        const text = await readText(response.body, call.maxBytes ?? MAX_ANSWER_BYTES, `ComfyUI at ${name}`);
        return { status: response.status, text, json: parseJson(text) };
      } catch (error) {
        throw failure(error, timeout, call, timeoutMs);
      }
    },

    async open(path, call = {}) {
      const timeoutMs = call.timeoutMs ?? options.timeoutMs;
      const silence = new AbortController();
      const start = () => setTimeout(() => silence.abort(), timeoutMs);
      let timer = start();
      try {
        const response = await send(path, call, silence.signal);
        const chunks = response.body ?? [];
        return {
          status: response.status,
          headers: response.headers,
          body: (async function* () {
            try {
              for await (const chunk of chunks) {
                clearTimeout(timer);
                timer = start();
                yield chunk;
              }
            } catch (error) {
              throw failure(error, silence.signal, call, timeoutMs);
            } finally {
              clearTimeout(timer);
            }
          })(),
        };
      } catch (error) {
        clearTimeout(timer);
        throw failure(error, silence.signal, call, timeoutMs);
      }
    },

    close: () => (agent.destroyed ? Promise.resolve() : agent.destroy()),
  };
}
