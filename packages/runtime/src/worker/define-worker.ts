import {
  type InputOf,
  type JobContext,
  type JobNamesOf,
  type OutputOf,
  type Parked,
  PermanentError,
  type QueueName,
} from "@loramill/contracts";
import type { Metrics } from "@loramill/telemetry";
import type { Fragments } from "../config/fragments.ts";
import type { ProcessContext } from "../process/run-process.ts";
import type { Services } from "../services/open-services.ts";

/** The work of one turn of a job: a plain function over its input and the ports it uses. */
export type JobProcessor<Input, Output, Deps> = (
  input: Input,
  deps: Deps,
  context: JobContext,
) => Promise<Output | Parked>;

/** What a worker's own parts are opened with; `config` holds the fragments that the worker names. */
export interface WorkerContext<F extends Fragments> extends ProcessContext<F> {
  readonly services: Services;
  /** Of the process, for numbers of the worker's own. */
  readonly metrics: Metrics;
}

/** A worker as an app describes it: run alone by `runWorker`, with others in one process by `startWorkers`. */
export interface WorkerApp<Q extends QueueName, F extends Fragments, Deps> {
  readonly queue: Q;
  /** What its parts read besides the services' configuration. */
  readonly config: F;
  readonly open: (context: WorkerContext<F>) => Promise<Deps>;
  /** One for each job of the queue. */
  readonly processors: {
    readonly [Name in JobNamesOf<Q>]: JobProcessor<InputOf<Name>, OutputOf<Name>, Deps>;
  };
}

/** Any worker, whatever its queue and its parts. */
export interface AnyWorkerApp {
  readonly queue: QueueName;
  readonly config: Fragments;
  readonly open: (context: never) => Promise<unknown>;
  readonly processors: object;
}

/** Checks the parts of a worker against one another and answers it as it is. */
export function defineWorker<const Q extends QueueName, const F extends Fragments, Deps>(
  app: WorkerApp<Q, F, Deps>,
): WorkerApp<Q, F, Deps> {
  return app;
}

/** The fragments of all workers together. One name must mean one thing: PermanentError `config-conflict`. */
export function workersConfig(apps: readonly Pick<AnyWorkerApp, "queue" | "config">[]): Fragments {
  const all: Record<string, Fragments[string]> = {};
  for (const { queue, config } of apps) {
    for (const [name, fragment] of Object.entries(config)) {
      if (Object.hasOwn(all, name) && all[name] !== fragment) {
        throw new PermanentError(`the configuration "${name}" of the ${queue} worker is another one elsewhere`, {
          code: "config-conflict",
        });
      }
      all[name] = fragment;
    }
  }
  return all;
}
