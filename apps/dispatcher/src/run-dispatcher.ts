import { type Environment, openServices, type ProcessHost, runProcess, untilAborted } from "@loramill/runtime";
import { createMetrics, startHealthServer } from "@loramill/telemetry";
import { dispatcherProcessConfig } from "./config.ts";
import { openDispatcher } from "./open-dispatcher.ts";
import type { Dispatcher } from "./start-dispatcher.ts";
import { watchDispatcher } from "./watch-dispatcher.ts";

const LIVE_WITHIN_MS = 120_000;
const READY_WITHIN_MS = 30_000;

/** Runs a dispatcher as a process of its own, leading or standing by. Answers the exit code. */
export function runDispatcher({ env, host }: { env: Environment; host?: ProcessHost }): Promise<number> {
  return runProcess({
    name: "dispatcher",
    config: dispatcherProcessConfig,
    env,
    ...(host === undefined ? {} : { host }),
    open: async (context) => {
      const { config, clock, random, log, opened } = context;
      const metrics = createMetrics();
      let dispatcher: Dispatcher | undefined;
      watchDispatcher(metrics, () => dispatcher);
      if (config.telemetry.health !== null) {
        // A catalog that is away comes back by itself; only a stuck process is helped by a restart.
        const live = () => ({ ok: (dispatcher?.health().triedAgeMs ?? 0) < LIVE_WITHIN_MS });
        const ready = () => ({
          ok: (dispatcher?.health().workedAgeMs ?? Number.POSITIVE_INFINITY) < READY_WITHIN_MS,
          details: { leads: dispatcher?.isLeader() ?? false },
        });
        const server = await startHealthServer({ ...config.telemetry.health, metrics, live, ready });
        opened("health endpoint", server, (started) => started.stop());
      }
      const services = await openServices(context);
      dispatcher = openDispatcher({
        ...{ services, metrics, clock, random, log, opened },
        options: config.dispatcher,
        fleet: config.fleetPlan,
        webhooks: config.webhooks,
        retention: config.queue.retention,
      });
    },
    run: (_, { signal }) => untilAborted(signal),
  });
}
