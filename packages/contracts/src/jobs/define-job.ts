import type { z } from "zod";

/** A queue is a pool of identical machines, not a job type. */
export const queueNames = ["dataset", "caption", "train", "evaluate", "lora", "generate", "provision"] as const;
export type QueueName = (typeof queueNames)[number];

export interface JobPolicy {
  /** Tries that cost an attempt before the job fails. Parked turns, drains and preemptions cost none. */
  readonly attempts: number;
  /** First delay between attempts; doubles, with jitter, up to `maxBackoffMs`. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  /** One turn of the job may take this long before its signal aborts. */
  readonly turnTimeoutMs: number;
  /** Times a worker may be lost on the job before its input is taken for poison. */
  readonly maxLostWorkers: number;
}

export interface JobDefinition<
  Name extends string = string,
  Input extends z.ZodType = z.ZodType,
  Output extends z.ZodType = z.ZodType,
  Queue extends QueueName = QueueName,
> {
  readonly name: Name;
  readonly queue: Queue;
  /** Raised when the same input would give another result; part of every key. */
  readonly version: number;
  readonly input: Input;
  readonly output: Output;
  readonly policy: JobPolicy;
}

const DEFAULT_POLICY: JobPolicy = {
  attempts: 4,
  backoffMs: 1_000,
  maxBackoffMs: 300_000,
  turnTimeoutMs: 600_000,
  maxLostWorkers: 4,
};

/** Of a job that looks after something for as long as that is there: no failures and no lost workers end it. */
export const NEVER_GIVES_UP = { attempts: 1_000_000, maxLostWorkers: 1_000_000 } as const;

export function defineJob<
  const Name extends string,
  Input extends z.ZodType,
  Output extends z.ZodType,
  const Queue extends QueueName,
>(
  job: Omit<JobDefinition<Name, Input, Output, Queue>, "policy"> & { readonly policy?: Partial<JobPolicy> },
): JobDefinition<Name, Input, Output, Queue> {
  return { ...job, policy: { ...DEFAULT_POLICY, ...job.policy } };
}
