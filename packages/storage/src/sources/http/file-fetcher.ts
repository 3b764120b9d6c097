import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "@loramill/contracts";
import { checkUrl, createGuardedLookup, type GuardRules, type Resolve } from "@loramill/url-guard";
import { Agent, type Dispatcher, request } from "undici";
import { errorOfConnection, errorOfStatus, Transient } from "./http-error.ts";
import { resolveBySystem } from "./resolve-by-system.ts";
import { createSlots } from "./slots.ts";

export interface HttpLimits extends GuardRules {
  readonly maxRedirects: number;
  /** Longest silence of a server, and longest time of one try of one file. */
  readonly idleMs: number;
  readonly totalMs: number;
  readonly attempts: number;
  /** A server that asks for a longer pause is not waited for. */
  readonly maxPauseMs: number;
  readonly connections: number;
  readonly connectionsPerHost: number;
}

/** What lets a server say that a file has not changed. */
export interface Validators {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

/** An answer whose bytes can be read, once, while the fetch lasts. */
export interface RemoteFile extends Validators {
  readonly mediaType: string;
  readonly body: AsyncIterable<Uint8Array>;
}

export interface FetchRequest<Result> {
  readonly maxBytes: number;
  readonly validators?: Validators | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Reads the file to its end; called again, with the file from its start, when a try breaks off. */
  readonly read: (file: RemoteFile) => Promise<Result>;
}

export interface FileFetcher {
  /** What `read` answers; "unchanged" when the validators still hold. UserError with the reason when it cannot be had. */
  fetch<Result>(url: string, request: FetchRequest<Result>): Promise<Result | "unchanged">;
  close(): Promise<void>;
}

export interface FetcherParts {
  readonly resolve?: Resolve;
  readonly random?: () => number;
  readonly now?: () => number;
}

const FIRST_PAUSE_MS = 500;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MAX_VALIDATOR_CHARACTERS = 512;

/**
 * Fetches files of strangers: https only unless allowed, never from private networks unless allowed, each redirect judged
 * like the first URL, bounded in size, silence and time, a few connections per host. Failures that may pass are tried
 * again after a pause that doubles, or that the server names.
 */
export function createFileFetcher(limits: HttpLimits, parts: FetcherParts = {}): FileFetcher {
  const { random = Math.random, now = Date.now } = parts;
  const agent = new Agent({
    connections: limits.connectionsPerHost,
    headersTimeout: limits.idleMs,
    bodyTimeout: limits.idleMs,
    connect: { timeout: limits.idleMs, lookup: createGuardedLookup(parts.resolve ?? resolveBySystem, limits) },
  });
  const anyHost = createSlots(limits.connections);
  const byHost = new Map<string, ReturnType<typeof createSlots>>();

  function slotsOf(host: string): ReturnType<typeof createSlots> {
    const slots = byHost.get(host) ?? createSlots(limits.connectionsPerHost);
    byHost.set(host, slots);
    return slots;
  }

  async function retried<Result>(url: URL, wanted: FetchRequest<Result>): Promise<Result | "unchanged"> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await anyHost(() => attemptOnce(url, wanted));
      } catch (error) {
        if (!(error instanceof Transient)) throw error;
        const pauseMs = error.retryAfterMs ?? FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + random());
        if (attempt >= limits.attempts || pauseMs > limits.maxPauseMs) throw givenUp(error, attempt, pauseMs, limits);
        // The host's slot is kept meanwhile, so that a server that asks for a pause gets one.
        await sleep(pauseMs, undefined, wanted.signal === undefined ? {} : { signal: wanted.signal });
      }
    }
  }

  async function attemptOnce<Result>(url: URL, wanted: FetchRequest<Result>): Promise<Result | "unchanged"> {
    const timeout = AbortSignal.timeout(limits.totalMs);
    const signal = wanted.signal === undefined ? timeout : AbortSignal.any([wanted.signal, timeout]);
    const trouble: { body?: unknown } = {};
    try {
      const answer = await follow(url, wanted.validators, signal);
      if (answer === "unchanged") return answer;
      try {
        return await wanted.read(toFile(answer, wanted.maxBytes, trouble));
      } finally {
        letGo(answer.body);
      }
    } catch (error) {
      wanted.signal?.throwIfAborted();
      if (timeout.aborted) {
        throw new Transient(`it took longer than ${limits.totalMs / 1000} s`, { code: "fetch-timeout", cause: error });
      }
      if (trouble.body !== undefined) throw errorOfConnection(trouble.body);
      // What else `read` throws is trouble of ours, such as with the store, and none of the server's.
      throw error;
    }
  }

  async function follow(
    first: URL,
    validators: Validators | undefined,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData | "unchanged"> {
    let url = first;
    for (let redirects = 0; ; redirects++) {
      checkUrl(url, limits);
      const answer = await ask(url, validators, signal);
      const { statusCode, headers, body } = answer;
      if (statusCode === 200) return answer;
      // Nobody wants this body; one that breaks off changes nothing.
      await body.dump().catch(() => {});
      if (statusCode === 304 && validators !== undefined) return "unchanged";
      const target = textOf(headers.location);
      if (!REDIRECTS.has(statusCode) || target === undefined) {
        throw errorOfStatus(statusCode, textOf(headers["retry-after"]), now());
      }
      if (redirects >= limits.maxRedirects) {
        throw new UserError(`more than ${limits.maxRedirects} redirects`, { code: "too-many-redirects" });
      }
      const next = URL.parse(target, url.href);
      if (next === null) throw new UserError("it redirects to what is no URL", { code: "url-refused" });
      url = next;
    }
  }

  function ask(url: URL, validators: Validators | undefined, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const headers = {
      accept: "image/*, text/plain;q=0.9, */*;q=0.5",
      "accept-encoding": "identity",
      "user-agent": "loramill",
      ...(validators?.etag === undefined ? {} : { "if-none-match": validators.etag }),
      ...(validators?.lastModified === undefined ? {} : { "if-modified-since": validators.lastModified }),
    };
    return request(url.href, { dispatcher: agent, headers, signal }).catch((error: unknown) => {
      throw signal.aborted ? error : errorOfConnection(error);
    });
  }

  return {
    async fetch(url, wanted) {
      const parsed = URL.parse(url);
      if (parsed === null) throw new UserError("this is no URL", { code: "url-refused" });
      checkUrl(parsed, limits);
      return slotsOf(parsed.host)(() => retried(parsed, wanted));
    },
    close: () => (agent.destroyed ? Promise.resolve() : agent.destroy()),
  };
}

function toFile(answer: Dispatcher.ResponseData, maxBytes: number, trouble: { body?: unknown }): RemoteFile {
  const { headers, body } = answer;
  const encoding = textOf(headers["content-encoding"]) ?? "identity";
  if (encoding !== "identity") {
    throw new UserError(`the server packs it as ${encoding}, unasked`, { code: "unsupported-encoding" });
  }
  const announced = Number(textOf(headers["content-length"]) ?? 0);
  const tooLarge = (bytes: string) =>
    new UserError(`${bytes} bytes are more than the ${maxBytes} a file may have`, { code: "file-too-large" });
  if (announced > maxBytes) throw tooLarge(String(announced));
  async function* read(): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        bytes += chunk.byteLength;
        if (bytes > maxBytes) throw tooLarge(`its ${bytes} or more`);
        yield chunk;
      }
    } catch (error) {
      trouble.body = error;
      throw error;
    }
  }
  const mediaType = (textOf(headers["content-type"]) ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  return {
    mediaType,
    etag: textOf(headers.etag)?.slice(0, MAX_VALIDATOR_CHARACTERS),
    lastModified: textOf(headers["last-modified"])?.slice(0, MAX_VALIDATOR_CHARACTERS),
    body: read(),
  };
}

/** Ends a body that was not read to its end, and its connection with it; it would report that as an error. */
function letGo(body: Dispatcher.ResponseData["body"]): void {
  body.on("error", () => {});
  body.destroy();
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function givenUp(error: Transient, attempts: number, pauseMs: number, limits: HttpLimits): UserError {
  const long = pauseMs > limits.maxPauseMs ? ` and wants a pause of ${Math.ceil(pauseMs / 1000)} s` : "";
  const tries = attempts === 1 ? "" : ` (${attempts} tries)`;
  return new UserError(`${error.message}${long}${tries}; run again to fetch what failed`, {
    code: error.code,
    cause: error,
  });
}
