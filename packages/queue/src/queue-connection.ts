import type { BackendFactory, IQueueBackend } from "bullmq";
import type { Pool } from "pg";

/** BullMQ's factory without its connection: ours brings the connection along. */
export type BoundBackendFactory = BackendFactory<IQueueBackend, unknown>;

/** What `doctor` shows of a queue's server. `warnings` say what to change and why. */
export interface QueueCheck {
  readonly available: boolean;
  readonly message: string;
  readonly warnings: readonly string[];
}

/**
 * The server behind the queues, opened once per process and shared by its producer and workers. Redis takes one
 * connection for producers, one for workers and one more per worker; Postgres one listening client of the pool per worker.
 */
export interface QueueConnection {
  readonly kind: "redis" | "postgres";
  /** Scheme, host and database without credentials: for messages. */
  readonly id: string;
  /** For producers: commands fail within seconds when the server is away. */
  readonly producerBackend: BoundBackendFactory;
  /** For workers: commands wait for the server to come back. */
  readonly workerBackend: BoundBackendFactory;
  readonly prefix: string;
  isConnected(): boolean;
  /** Resolves when producers can reach the server. Throws TransientError `queue-unreachable` after the deadline. */
  whenReady(timeoutMs: number): Promise<void>;
  check(timeoutMs: number): Promise<QueueCheck>;
  /** Drops the connections at once; whatever still waits on them is rejected. Safe to call twice. */
  close(): Promise<void>;
}

export interface QueueConnectionOptions {
  /** `redis://`, `rediss://` or `postgres://`. */
  readonly url: string;
  /** First part of every Redis key. Several mills on one Redis need different ones. */
  readonly prefix?: string;
  /** A pool to share instead of one of our own (Postgres only); it stays open on `close`. */
  readonly pool?: Pool;
  /** Size of our own pool; each worker holds one of its clients for good, so a small pool hangs silently. */
  readonly poolSize?: number;
  /** For the jitter of reconnects. */
  readonly random?: () => number;
}
