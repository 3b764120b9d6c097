import { isFinal, RunEvent, RunView } from "@loramill/contracts";
import { ApiError } from "./errors.ts";
import { readServerSentEvents } from "./server-sent-events.ts";
import { wait } from "./wait.ts";

/** What following a run yields: the whole run when something of it changed, and each event of its stream. */
export type RunMessage =
  | { readonly kind: "snapshot"; readonly run: RunView }
  | { readonly kind: "event"; readonly event: RunEvent };

interface FollowOptions {
  readonly request: (path: string, init: RequestInit) => Promise<Response>;
  readonly run: string;
  readonly after?: number;
  readonly signal?: AbortSignal;
}

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;

/**
 * Reads the event stream until the run is final. A dropped connection is taken up again after the last event seen;
 * refusals (a 4xx) end it. Ends quietly when the signal aborts.
 */
export async function* followRun(options: FollowOptions): AsyncGenerator<RunMessage> {
  let after = options.after ?? 0;
  let retryMs = FIRST_RETRY_MS;
  while (!options.signal?.aborted) {
    try {
      const response = await options.request(`/v1/runs/${options.run}/events?after=${after}`, {
        headers: { accept: "text/event-stream" },
        ...(options.signal ? { signal: options.signal } : {}),
      });
      for await (const message of readMessages(response)) {
        retryMs = FIRST_RETRY_MS;
        if (message.kind === "event") after = message.event.id;
        yield message;
        if (message.kind === "snapshot" && isFinal("run", message.run.state)) return;
      }
    } catch (error) {
      if (options.signal?.aborted) return;
      if (error instanceof ApiError && error.problem.status < 500) throw error;
    }
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
