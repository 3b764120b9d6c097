import type { Leadership, QueueBacklog } from "@loramill/catalog";
import { toErrorRecord } from "@loramill/contracts";
import { createBell } from "./bell.ts";
import type { DispatcherDeps } from "./deps.ts";
import { lead } from "./loop.ts";
import { type DispatcherOptions, defaultOptions } from "./options.ts";
import { createPulse, type DispatcherHealth } from "./pulse.ts";

/** The advisory lock that its leader holds; one per database. */
const LEADER_LOCK = "loramill dispatcher";

export interface Dispatcher {
  isLeader(): boolean;
  health(): DispatcherHealth;
  /** Backlog by queue, from the catalog: the same from a leader and a standby. */
  backlog(): Promise<QueueBacklog[]>;
  /** Finishes the step it is at and gives up leadership, within about five seconds. Safe to call twice. */
  stop(): Promise<void>;
}

export interface DispatcherStart extends Omit<DispatcherDeps, "options" | "pulse"> {
  readonly random: () => number;
  readonly options?: Partial<DispatcherOptions>;
}

const STOP_WITHIN_MS = 5_000;

/**
 * Starts a dispatcher. Any number may run against one catalog: one leads, the others stand by and one of them takes over
 * within about ten seconds of the leader's end, however it ends.
 */
export function startDispatcher(start: DispatcherStart): Dispatcher {
  const { catalog, log, random } = start;
  const pulse = createPulse(() => performance.now());
  const deps = { ...start, pulse, options: { ...defaultOptions, ...start.options } };
  const { leaderCheckMs } = deps.options;
  const stopping = new AbortController();
  const pause = createBell();
  let leading = false;

  async function stand(): Promise<void> {
    let failing = false;
    let standsBy = false;
    while (!stopping.signal.aborted) {
      let leadership: Leadership | null = null;
      pulse.tried();
      try {
        leadership = await catalog.tryToLead({ lock: LEADER_LOCK, checkMs: leaderCheckMs });
        if (failing) log.info({}, "the catalog answers the dispatcher again");
        failing = false;
        pulse.worked();
      } catch (error) {
        if (!failing) log.warn({ error: toErrorRecord(error).message }, "the dispatcher cannot reach the catalog");
        failing = true;
      }
      if (leadership === null) {
        if (!standsBy && !failing) log.info({}, "this dispatcher stands by");
        standsBy ||= !failing;
        // Standbys of one moment must not ask in step.
        await pause.wait(leaderCheckMs * (0.5 + random()), stopping.signal);
        continue;
      }
      leading = true;
      standsBy = false;
      log.info({}, "this dispatcher leads");
      try {
        await lead(deps, leadership, stopping.signal);
      } finally {
        leading = false;
        await leadership.resign();
      }
      if (!stopping.signal.aborted) log.warn({}, "this dispatcher lost its lead");
    }
  }

  const running = stand();
  let stopped: Promise<void> | undefined;
  return {
    isLeader: () => leading,
    health: pulse.health,
    backlog: () => catalog.dispatch.backlog(),
    stop() {
      stopping.abort();
      stopped ??= (async () => {
        const late = createBell();
        const done = new AbortController();
        await Promise.race([running, late.wait(STOP_WITHIN_MS, done.signal)]);
        done.abort();
      })();
      return stopped;
    },
  };
}
