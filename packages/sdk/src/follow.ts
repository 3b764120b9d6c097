import { isFinal, RunEvent, RunView } from "@loramill/contracts";
import { z } from "zod";
import { ApiError } from "./errors.ts";
import { readServerSentEvents } from "./server-sent-events.ts";
import { wait } from "./wait.ts";

/** What following a run yields: the whole run when something of it changed, and each event of its stream. */
export type RunMessage =
  | { readonly kind: "snapshot"; readonly run: RunView }
  | { readonly kind: "event"; readonly event: RunEvent };

/** The stream of a run broke off, or could not be taken up again, and is about to be tried. */
export interface LostStream {
  /** 1 when it broke off; each try that fails counts one more, until something is heard again. */
  readonly attempt: number;
  /** How long ago it broke off. */
  readonly lostMs: number;
}

interface FollowOptions {
  readonly request: (path: string, init: RequestInit) => Promise<Response>;
  readonly run: string;
  readonly after?: number;
  readonly signal?: AbortSignal;
  /** What it throws ends the following. */
  readonly onLost?: (lost: LostStream) => void;
}

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;

/**
 * Reads the event stream until the run is final. A dropped connection is taken up again after the last event seen;
 * refusals (a 4xx) and messages that are no messages end it. Ends quietly when the signal aborts.
 */
export async function* followRun(options: FollowOptions): AsyncGenerator<RunMessage> {
  let after = options.after ?? 0;
  let retryMs = FIRST_RETRY_MS;
  let attempt = 0;
  let lostAt = 0;
  while (!options.signal?.aborted) {
    try {
      const response = await options.request(`/v1/runs/${options.run}/events?after=${after}`, {
        headers: { accept: "text/event-stream" },
        ...(options.signal ? { signal: options.signal } : {}),
      });
      for await (const message of readMessages(response)) {
        retryMs = FIRST_RETRY_MS;
        attempt = 0;
        if (message.kind === "event") after = message.event.id;
        yield message;
        if (message.kind === "snapshot" && isFinal("run", message.run.state)) return;
      }
    } catch (error) {
      if (options.signal?.aborted) return;
      if (error instanceof ApiError && error.problem.status < 500) throw error;
      // What a mill of another version says is not understood better the next time.
      if (error instanceof z.ZodError) throw error;
    }
    attempt += 1;
    if (attempt === 1) lostAt = Date.now();
    options.onLost?.({ attempt, lostMs: Date.now() - lostAt });
    await wait(retryMs, options.signal).catch(() => undefined);
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  }
}

async function* readMessages(response: Response): AsyncGenerator<RunMessage> {
  for await (const { event, data } of readServerSentEvents(response)) {
    if (event === "snapshot") yield { kind: "snapshot", run: RunView.parse(JSON.parse(data)) };
    if (event === "event") yield { kind: "event", event: RunEvent.parse(JSON.parse(data)) };
  }
}
