import type { InputOf, JobContext, JobNamesOf, OutputOf, Parked, QueueName } from "@loramill/contracts";
import type { ConfigOf, Fragments } from "../config/fragments.ts";
import type { ProcessContext } from "../process/run-process.ts";
import type { Services } from "../services/open-services.ts";

/** The work of one turn of a job: a plain function over its input and the ports it uses. */
export type JobProcessor<Input, Output, Deps> = (
  input: Input,
  deps: Deps,
  context: JobContext,
) => Promise<Output | Parked>;

/** What a worker's own parts are opened with. `config` holds only the fragments that the worker names. */
export interface WorkerContext<F extends Fragments> extends Omit<ProcessContext<Fragments>, "config"> {
  readonly config: ConfigOf<F>;
  readonly services: Services;
}

/** A worker as an app describes it: run alone by `runWorker`, with others in one process by `startWorker`. */
export interface WorkerApp<Q extends QueueName, F extends Fragments, Deps> {
  readonly queue: Q;
  readonly config: F;
  readonly open: (context: WorkerContext<F>) => Promise<Deps>;
  /** One for each job of the queue. */
  readonly processors: {
    readonly [Name in JobNamesOf<Q>]: JobProcessor<InputOf<Name>, OutputOf<Name>, Deps>;
  };
}

/** Checks the parts of a worker against one another; answers them as they are. */
export function defineWorker<const Q extends QueueName, const F extends Fragments, Deps>(
  app: WorkerApp<Q, F, Deps>,
): WorkerApp<Q, F, Deps> {
  return app;
}
