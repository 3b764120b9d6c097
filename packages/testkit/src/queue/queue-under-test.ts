import type { Delivery, JobLedger, Logger, QueueName } from "@loramill/contracts";
import type { trialJobs, trialProcessors } from "./trial-jobs.ts";

/** The server behind a queue, as far as a test may treat it badly. */
export interface ServerUnderTest {
  readonly url: string;
  /** Null where the server is not ours to kill. */
  readonly faults: {
    kill(): Promise<void>;
    restart(): Promise<void>;
    /** Empties it. */
    flush(): Promise<void>;
    /** Has it answer no more, with its connections open, until `thaw`; where that can be done. */
    readonly freeze?: () => void;
    readonly thaw?: () => void;
  } | null;
  stop(): Promise<void>;
}

export interface WorkerSettings {
  readonly name: string;
  readonly ledger: JobLedger;
  readonly log?: Logger;
  readonly processors?: Partial<ReturnType<typeof trialProcessors>["processors"]>;
  readonly concurrency?: number;
  readonly drainDeadlineMs?: number;
  readonly abortGraceMs?: number;
  readonly lockMs?: number;
  readonly stalledMs?: number;
  readonly heartbeatMs?: number;
  readonly onEvent?: (event: { readonly type: string; readonly name: string; readonly error: unknown }) => void;
}

export interface WorkerUnderTest {
  health(): { readonly connected: boolean; readonly contactAgeMs: number; readonly activeTurns: number };
  close(): Promise<void>;
}

export interface ProducerUnderTest {
  add(
    deliveries: readonly {
      readonly queue: QueueName;
      readonly delivery: Delivery;
      readonly delayMs?: number;
      readonly priority?: number;
    }[],
  ): Promise<void>;
  missing(queue: QueueName, ids: readonly string[]): Promise<string[]>;
  counts(queue: QueueName): Promise<{
    readonly waiting: number;
    readonly delayed: number;
    readonly active: number;
    readonly completed: number;
    readonly failed: number;
  }>;
  sweep(queue: QueueName): Promise<number>;
  close(): Promise<void>;
}

/** What the suite needs of a queue package: the things it makes, on one connection to one server. */
export interface QueueUnderTest {
  producer(options?: {
    readonly retention?: { readonly ageSeconds: number; readonly count: number };
    readonly timeoutMs?: number;
  }): ProducerUnderTest;
  /** A worker of the queue `caption` that knows `trialJobs`. */
  worker(settings: WorkerSettings): WorkerUnderTest;
  /** The same in another process, with `trialProcessors` and the ledger served to it; resolves when it takes work. */
  spawnWorker(settings: Omit<WorkerSettings, "processors" | "onEvent" | "log">): Promise<ChildWorker>;
  /** Puts anything under any id, as somebody else's producer would. */
  addForeign(queue: QueueName, id: string, data: unknown): Promise<void>;
  close(): Promise<void>;
}

export interface ChildWorker {
  kill(signal: "SIGKILL" | "SIGTERM" | "SIGSTOP" | "SIGCONT"): void;
  /** Resolves with the exit code, null after a signal. */
  readonly exited: Promise<number | null>;
}

export type TrialJobName = keyof typeof trialJobs;
