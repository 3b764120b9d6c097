import type { QueueName } from "@loramill/contracts";
import type { QueueWorker } from "@loramill/queue";
import { createMetrics, startHealthServer, telemetryConfig } from "@loramill/telemetry";
import type { Environment } from "../config/environment.ts";
import type { ConfigOf, Fragments } from "../config/fragments.ts";
import type { ProcessHost } from "../process/host.ts";
import { runProcess, untilAborted } from "../process/run-process.ts";
import { openServices } from "../services/open-services.ts";
import { servicesConfig } from "../services/services-config.ts";
import type { WorkerApp, WorkerContext } from "./define-worker.ts";
import { openHeartbeats, startWorker } from "./start-worker.ts";
import { workersLive, workersReady } from "./worker-health.ts";

/**
 * Runs a worker as a process of its own: services, health endpoint, jobs of its queue until it is asked to stop, drain.
 * Answers the exit code (see `runProcess`).
 */
export async function runWorker<Q extends QueueName, F extends Fragments, Deps>(
  app: WorkerApp<Q, F, Deps>,
  { env, host }: { readonly env: Environment; readonly host?: ProcessHost },
): Promise<number> {
  return runProcess({
    name: `${app.queue}-worker`,
    config: { ...app.config, ...servicesConfig, telemetry: telemetryConfig },
    env,
    ...(host === undefined ? {} : { host }),
    open: async (context) => {
      const config = context.config as ConfigOf<typeof servicesConfig & { telemetry: typeof telemetryConfig }>;
      const services = await openServices({ ...context, config });
      const metrics = createMetrics();
      const own: WorkerContext<F> = { ...context, config: context.config as unknown as ConfigOf<F>, services };
      const heartbeats = openHeartbeats(own, config.queue.heartbeatMs);
      const workers: QueueWorker[] = [];
      if (config.telemetry.health !== null) {
        // Before the worker, so that it is closed after it: probes still get an answer while the worker drains.
        const checks = { live: () => workersLive(workers), ready: () => workersReady(workers) };
        const server = await startHealthServer({ ...config.telemetry.health, ...checks, metrics });
        context.opened("health endpoint", server, (started) => started.stop());
      }
      workers.push(await startWorker(app, { context: own, queueConfig: config.queue, metrics, heartbeats }));
      context.log.info({ queue: app.queue, catalog: services.embedded ? "embedded" : "server" }, "taking jobs");
    },
    run: (_, context) => untilAborted(context.signal),
  });
}
