export { dataConfig } from "./config/data-config.ts";
export { type ConfigRow, describeConfig } from "./config/describe-config.ts";
export { endpointsConfig } from "./config/endpoints.ts";
export { type Environment, readEnvironment } from "./config/environment.ts";
export { type AnyFragment, type ConfigOf, type Fragments, inner } from "./config/fragments.ts";
export { type ConfigProblem, parseConfig } from "./config/parse-config.ts";
export { EXIT, type ProcessHost } from "./process/host.ts";
export { createOpenings, type Openings } from "./process/openings.ts";
export { processConfig } from "./process/process-config.ts";
export { type ProcessContext, type ProcessOptions, runProcess, untilAborted } from "./process/run-process.ts";
export { openServices, type ServiceOptions, type Services } from "./services/open-services.ts";
export { servicesConfig } from "./services/services-config.ts";
export {
  type AnyWorkerApp,
  defineWorker,
  type JobProcessor,
  type WorkerApp,
  type WorkerContext,
  workersConfig,
} from "./worker/define-worker.ts";
export { runWorker } from "./worker/run-worker.ts";
export { startWorkers, type WorkersOptions } from "./worker/start-workers.ts";
export { workerProblems, workersLive, workersReady } from "./worker/worker-health.ts";
