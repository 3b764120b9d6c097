import type { Catalog } from "@loramill/catalog";
import { isFinal, type RunEvent, type RunId, type RunView } from "@loramill/contracts";

/** What a follower of a run gets: events in order, and the run itself when it changed. */
export type FeedMessage =
  | { readonly kind: "event"; readonly event: RunEvent }
  | { readonly kind: "snapshot"; readonly run: RunView };

export interface RunFeed {
  /** Ends after the snapshot of the run's final state, or when the signal aborts. */
  follow(options: { run: RunId; after: number; signal: AbortSignal }): AsyncGenerator<FeedMessage>;
  close(): Promise<void>;
}

/** Snapshots are sent at most this often. */
const FRAME_MS = 250;
/** Followers look by themselves this often, should a notification be lost. */
const LOOK_MS = 2_000;
const EVENTS_PER_READ = 200;

/** One LISTEN of the process serves all followers of all runs. */
export async function openRunFeed(catalog: Catalog): Promise<RunFeed> {
  const waiters = new Map<string, Set<() => void>>();
  const listening = await catalog.listen("loramill_events", (run) => {
    for (const wake of waiters.get(run) ?? []) wake();
  });

  return {
    async *follow({ run, after, signal }) {
      let last = after;
      let shown = "";
      const bell = createBell();
      const wakers = waiters.get(run) ?? new Set();
      waiters.set(run, wakers.add(bell.ring));
      signal.addEventListener("abort", bell.ring);
      try {
        while (!signal.aborted) {
          const view = await catalog.runs.get({ run });
          if (!view) return;
          for (;;) {
            const events = await catalog.events.list({ run, after: last, limit: EVENTS_PER_READ });
            for (const event of events) yield { kind: "event", event };
            last = events.at(-1)?.id ?? last;
            if (events.length < EVENTS_PER_READ) break;
          }
          const text = JSON.stringify(view);
          if (text !== shown) yield { kind: "snapshot", run: view };
          shown = text;
          if (isFinal("run", view.state)) return;
          await bell.wait(FRAME_MS, LOOK_MS);
        }
      } finally {
        signal.removeEventListener("abort", bell.ring);
        wakers.delete(bell.ring);
        if (wakers.size === 0) waiters.delete(run);
        bell.stop();
      }
    },
    close: () => listening.close(),
  };
}

/** Waits for a ring, at most `maxMs`; then `minMs` more, so that many rings in a row are one. A ring meanwhile counts. */
function createBell() {
  let rung = false;
  let wake: () => void = () => {};
  let timer: NodeJS.Timeout | undefined;
  const pause = (ms: number) =>
    new Promise<void>((done) => {
      wake = done;
      timer = setTimeout(done, ms);
    });
  return {
    ring: () => {
      rung = true;
      wake();
    },
    async wait(minMs: number, maxMs: number): Promise<void> {
      if (!rung) await pause(maxMs);
      clearTimeout(timer);
      rung = false;
      await new Promise<void>((done) => {
        timer = setTimeout(done, minMs);
      });
    },
    stop: () => clearTimeout(timer),
  };
}
