import {
  type InputOf,
  type JobContext,
  type JobDefinition,
  type JobNamesOf,
  jobs,
  type OutputOf,
  type Parked,
  PermanentError,
  type QueueName,
} from "@loramill/contracts";

/** The work of one turn: a plain function that answers with the job's output or parks. */
export type Processor<Input, Output> = (input: Input, context: JobContext) => Promise<Output | Parked>;

/** One processor for each job of the queue; a missing one does not compile. */
export type Processors<Q extends QueueName> = {
  readonly [Name in JobNamesOf<Q>]: Processor<InputOf<Name>, OutputOf<Name>>;
};

/** Processors as the worker calls them, after the input was parsed by the job's schema. */
export type ProcessorTable = ReadonlyMap<string, { definition: JobDefinition; process: Processor<unknown, unknown> }>;

export type JobDefinitions = Readonly<Record<string, JobDefinition>>;

/**
 * Pairs the queue's job definitions with their processors. Throws PermanentError `missing-processor` or
 * `unknown-processor`: a worker that cannot do all jobs of its queue must not start.
 */
export function tableOf(
  queue: QueueName,
  processors: Readonly<Record<string, unknown>>,
  definitions: JobDefinitions = jobs,
): ProcessorTable {
  const wanted = Object.values(definitions).filter((definition) => definition.queue === queue);
  const missing = wanted.filter(({ name }) => typeof processors[name] !== "function").map(({ name }) => name);
  if (missing.length > 0) {
    throw new PermanentError(`The worker of queue ${queue} has no processor for ${missing.join(", ")}`, {
      code: "missing-processor",
      details: { queue, jobs: missing },
    });
  }
  const unknown = Object.keys(processors).filter((name) => !wanted.some((definition) => definition.name === name));
  if (unknown.length > 0) {
    throw new PermanentError(`Queue ${queue} has no job ${unknown.join(", ")}: its processor would never run`, {
      code: "unknown-processor",
      details: { queue, jobs: unknown },
    });
  }
  return new Map(
    wanted.map((definition) => [
      definition.name,
      { definition, process: processors[definition.name] as Processor<unknown, unknown> },
    ]),
  );
}
