import { type IQueueBackend, type Job, type JobProgress, type Processor, Worker, type WorkerOptions } from "bullmq";
import { reconnectDelayMs, sleep } from "./deadline.ts";
import type { BoundBackendFactory } from "./queue-connection.ts";

/**
 * BullMQ's worker with two things it does not tell: when it last had contact with its server, and when all its jobs
 * are really done (moved to where they belong, not only processed).
 */
export class BoundWorker extends Worker<unknown, null, string, IQueueBackend, JobProgress, unknown> {
  #contactAt = performance.now();
  #inFlight = 0;
  #failures = 0;
  readonly #random: () => number;
  readonly #closed = new AbortController();
  #onIdle: (() => void)[] = [];

  constructor(
    name: string,
    processor: Processor<unknown, null, string>,
    options: WorkerOptions<unknown>,
    factory: BoundBackendFactory,
    random: () => number,
  ) {
    super(name, processor, options, factory);
    this.#random = random;
    this.on("locksRenewed", () => this.#touch());
  }

  #touch(): void {
    this.#contactAt = performance.now();
  }

  protected override async moveToActive(token: string, name?: string): Promise<Job<unknown, null, string>> {
    try {
      const job = await super.moveToActive(token, name);
      this.#touch();
      this.#failures = 0;
      return job;
    } catch (error) {
      // BullMQ asks again at once after errors that it does not take for a lost connection, such as Postgres's.
      this.#failures += 1;
      await sleep(reconnectDelayMs(this.#failures, this.#random), this.#closed.signal);
      throw error;
    }
  }

  override async close(force?: boolean): Promise<void> {
    this.#closed.abort();
    await super.close(force);
  }

  override async processJob(
    job: Job<unknown, null, string>,
    token: string,
    fetchNext?: () => boolean,
  ): ReturnType<Worker<unknown, null, string>["processJob"]> {
    this.#inFlight += 1;
    try {
      return await super.processJob(job, token, fetchNext);
    } finally {
      this.#touch();
      this.#inFlight -= 1;
      if (this.#inFlight === 0) for (const wake of this.#onIdle.splice(0)) wake();
    }
  }

  contactAgeMs(): number {
    return performance.now() - this.#contactAt;
  }

  /** Whether nothing is in flight any more, waiting this long at most. */
  async idleWithin(timeoutMs: number): Promise<boolean> {
    if (this.#inFlight === 0) return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs);
      this.#onIdle.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  /** Ends the wait for work that may be under way; resolves when the main loop has ended. */
  async stopWaiting(): Promise<void> {
    await this.backend.disconnectBlocking(false);
    await this.mainLoopRunning;
  }
}
