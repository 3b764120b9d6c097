import { PermanentError, TransientError } from "@loramill/contracts";
import { z } from "zod";
import { type Connection, connectRunPod } from "./ask-runpod.ts";
import { readLogLines } from "./read-log-lines.ts";
import { NextPage } from "./runpod-schemas.ts";

/** More pages than this is a list that never ends. */
const MAX_PAGES = 1_000;
/** For how long a log is waited for: whoever asks for one has something else to do, and a pod that wrote nothing may be silent. */
const LOG_MS = 10_000;
const none = z.unknown();

/** The manners that all things of RunPod's REST API have in common. What is not there is `null` or `false`; the rest is thrown. */
export function openRunPodRest(baseUrl: string, connection: Connection) {
  const runpod = connectRunPod(connection);
  const at = (...path: string[]) => [baseUrl, ...path.map(encodeURIComponent)].join("/");

  /** All pages; TransientError `bad-answer` where a page names no next one though there is one: half a list must not look whole. */
  async function list<T>(url: string, key: string, item: z.ZodType<T>, signal?: AbortSignal): Promise<T[]> {
    const page = z.looseObject({ [key]: z.array(item), pagination: NextPage });
    const items: T[] = [];
    let cursor: string | null = null;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const next = new URL(url);
      if (cursor !== null) next.searchParams.set("cursor", cursor);
      const answer: Record<string, unknown> = await runpod.ask({ url: next.href, signal }, page);
      items.push(...(answer[key] as T[]));
      cursor = answer.pagination as string | null;
      if (cursor === null) return items;
    }
    throw new PermanentError(`RunPod's list of ${key} does not end`, { code: "bad-answer" });
  }

  /** One thing by its id: to look at, to change, to delete. */
  function one<T>(kind: string, item: z.ZodType<T>) {
    return {
      find: (id: string, signal?: AbortSignal) => orElse(null, runpod.ask({ url: at(kind, id), signal }, item)),
      change: (id: string, body: object, signal?: AbortSignal) =>
        runpod.ask({ method: "PATCH", url: at(kind, id), body, signal }, item),
      /** False when there was none. */
      remove: (id: string, signal?: AbortSignal) =>
        orElse(
          false,
          runpod.ask({ method: "DELETE", url: at(kind, id), signal }, none).then(() => true),
        ),
    };
  }

  /** Sent once: a lost answer leaves it open whether it was carried out. */
  const create = <T>(url: string, item: z.ZodType<T>, body: object, signal?: AbortSignal) =>
    runpod.ask({ method: "POST", url, body, signal }, item);

  const find = <T>(url: string, item: z.ZodType<T>, signal?: AbortSignal) =>
    orElse(null, runpod.ask({ url, signal }, item));

  /** What was written last. The stream itself does not end: it is left after a second without a line. */
  async function log(url: string, { tail, signal }: { readonly tail: number; readonly signal?: AbortSignal }) {
    const timeoutMs = Math.min(LOG_MS, connection.timeoutMs);
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      // Of every source: what the image's registry said stands beside what its program wrote.
      return await readLogLines((until) => runpod.open({ url: `${url}?tail=${tail}`, signal: until }), {
        tail,
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
    } catch (error) {
      signal?.throwIfAborted();
      if (!timeout.aborted) throw error;
      const message = `RunPod sent no log within ${timeoutMs} ms`;
      throw new TransientError(message, { code: "provider-timeout", cause: error });
    }
  }

  return { at, list, one, create, find, log };
}

async function orElse<T, E>(missing: E, answer: Promise<T>): Promise<T | E> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof PermanentError && error.code === "not-found") return missing;
    throw error;
  }
}
