import type { QueueName } from "@loramill/contracts";
import type { QueueWorker } from "@loramill/queue";
import { createMetrics, startHealthServer, telemetryConfig } from "@loramill/telemetry";
import type { Environment } from "../config/environment.ts";
import type { Fragments } from "../config/fragments.ts";
import type { ProcessHost } from "../process/host.ts";
import { type ProcessContext, runProcess, untilAborted } from "../process/run-process.ts";
import { openServices } from "../services/open-services.ts";
import { servicesConfig } from "../services/services-config.ts";
import { type WorkerApp, workersConfig } from "./define-worker.ts";
import { startWorkers } from "./start-workers.ts";
import { workersLive, workersReady } from "./worker-health.ts";

const hostConfig = { ...servicesConfig, telemetry: telemetryConfig } as const;

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
    config: { ...workersConfig([app]), ...hostConfig } as typeof hostConfig,
    env,
    ...(host === undefined ? {} : { host }),
    open: (context) => openWorker(app, context),
    run: (_, context) => untilAborted(context.signal),
  });
}

async function openWorker<Q extends QueueName, F extends Fragments, Deps>(
  app: WorkerApp<Q, F, Deps>,
  context: ProcessContext<typeof hostConfig>,
): Promise<void> {
  const { config, log, opened } = context;
  const metrics = createMetrics();
  const workers: QueueWorker[] = [];
  if (config.telemetry.health !== null) {
    // First, so that it is closed last: probes get an answer while the process starts and while it drains.
    const checks = { live: () => workersLive(workers), ready: () => workersReady(workers) };
    const server = await startHealthServer({ ...config.telemetry.health, ...checks, metrics });
    opened("health endpoint", server, (started) => started.stop());
  }
  const services = await openServices(context);
  workers.push(...(await startWorkers([app], { context, services, metrics })));
  log.info({ queue: app.queue, catalog: services.embedded ? "embedded" : "server" }, "taking jobs");
}
