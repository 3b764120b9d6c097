import { isFinal, type RunEvent, type RunView } from "@loramill/contracts";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useClient } from "../../api/client.tsx";
import { isPassing } from "../../api/problem.ts";

/** The latest of a run's events; older ones are left to `loramill logs`. */
const KEPT_EVENTS = 5_000;
/** Events come in bursts: they are shown together. */
const TOGETHER_MS = 150;

export interface RunFeed {
  readonly run: RunView | undefined;
  /** Oldest first. */
  readonly events: readonly RunEvent[];
  readonly error: Error | null;
}

/** A run as it is at every moment, and all that was told of it: read once, and followed until it ends. */
export function useRunFeed(id: string): RunFeed {
  const client = useClient();
  const queries = useQueryClient();
  const { data: run, error } = useQuery({
    queryKey: ["run", id],
    queryFn: ({ signal }) => client.getRun(id, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [events, setEvents] = useState<readonly RunEvent[]>([]);
  const lastEvent = useRef(0);
  // One that has ended is followed again when it is resumed.
  const isOver = run !== undefined && isFinal("run", run.state);
  useEffect(() => {
    const end = new AbortController();
    let waiting: RunEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = () => {
      timer = undefined;
      const arrived = waiting;
      waiting = [];
      setEvents((before) => [...before, ...arrived].slice(-KEPT_EVENTS));
    };
    const follow = async () => {
      for await (const message of client.follow(id, { after: lastEvent.current, signal: end.signal })) {
        if (message.kind === "snapshot") queries.setQueryData(["run", id], message.run);
        else if (message.event.id > lastEvent.current) {
          lastEvent.current = message.event.id;
          waiting.push(message.event);
          timer ??= setTimeout(show, TOGETHER_MS);
        }
      }
    };
    follow().catch((failure: unknown) => {
      // What refuses to tell events refuses to tell of the run as well, and that is shown.
      if (!end.signal.aborted && isPassing(failure)) void queries.invalidateQueries({ queryKey: ["run", id] });
    });
    return () => {
      end.abort();
      clearTimeout(timer);
      if (waiting.length > 0) show();
    };
  }, [client, queries, id, isOver]);
  return { run, events, error };
}
