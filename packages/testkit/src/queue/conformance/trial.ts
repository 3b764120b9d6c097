import type { Delivery, JobId } from "@loramill/contracts";
import { expect, test } from "vitest";
import { MemoryLedger } from "../memory-ledger.ts";
import type {
  QueueUnderTest,
  ServerUnderTest,
  TrialJobName,
  WorkerSettings,
  WorkerUnderTest,
} from "../queue-under-test.ts";
import { keepLog } from "../silent-log.ts";
import { type TrialInput, trialProcessors } from "../trial-jobs.ts";
import { waitUntil } from "../wait-until.ts";

export interface Trial {
  readonly backend: string;
  server(): ServerUnderTest | null;
  open(): Promise<QueueUnderTest>;
}

/** One test's world: a fresh ledger, an open queue without leftovers, and everything closed at the end. */
export interface World {
  readonly queue: QueueUnderTest;
  readonly ledger: MemoryLedger;
  readonly server: ServerUnderTest;
  readonly log: ReturnType<typeof keepLog>;
  readonly said: { readonly type: string; readonly name: string; readonly error: unknown }[];
  readonly trials: ReturnType<typeof trialProcessors>;
  /** A worker of this process; closed at the end if the test did not. */
  work(settings?: Partial<WorkerSettings>): WorkerUnderTest;
  /** Adds a released job and its delivery. */
  add(name: TrialJobName, input: TrialInput, options?: { delayMs?: number; priority?: number }): Promise<JobId>;
  /** Only remembers the job; the delivery is not in the queue yet. */
  plan(name: TrialJobName, input: TrialInput): Delivery;
  ended(job: JobId): Promise<void>;
}

/** Fails where something that takes moments takes a minute, which a busy machine does not make of it. */
export async function expectSoon(work: Promise<unknown>): Promise<void> {
  const began = performance.now();
  await work;
  expect(performance.now() - began).toBeLessThan(60_000);
}

/** A test that is skipped without a server, and without faults where it `needsFaults`. */
export function check(
  trial: Trial,
  title: string,
  run: (world: World) => Promise<void>,
  options: { readonly needsFaults?: boolean; readonly needsFreeze?: boolean; readonly timeoutMs?: number } = {},
): void {
  test(title, { timeout: options.timeoutMs ?? 180_000 }, async ({ skip }) => {
    const server = trial.server();
    if (server === null) return skip("no server");
    if (options.needsFaults === true && server.faults === null) return skip("the server is not ours to break");
    if (options.needsFreeze === true && server.faults?.freeze === undefined) return skip("the server cannot be frozen");
    const queue = await trial.open();
    const workers: WorkerUnderTest[] = [];
    const ledger = new MemoryLedger();
    const log = keepLog();
    const trials = trialProcessors();
    const said: World["said"] = [];
    const producer = queue.producer();
    const plan: World["plan"] = (name, input) => ledger.addJob({ name, queue: "caption", input });
    try {
      await run({
        queue,
        ledger,
        server,
        log,
        said,
        trials,
        plan,
        work: (settings = {}) => {
          const worker = queue.worker({
            name: `worker-${workers.length + 1}`,
            ledger,
            log,
            processors: trials.processors,
            heartbeatMs: 100,
            drainDeadlineMs: 500,
            abortGraceMs: 300,
            onEvent: (event) => said.push(event),
            ...settings,
          });
          workers.push(worker);
          return worker;
        },
        add: async (name, input, more = {}) => {
          const delivery = plan(name, input);
          await producer.add([{ queue: "caption", delivery, ...more }]);
          return delivery.job;
        },
        ended: async (job) => {
          await waitUntil(`the end of ${job} (${JSON.stringify(log.lines.at(-1))})`, () => ledger.ended(job));
        },
      });
    } finally {
      await Promise.all(workers.map((worker) => worker.close()));
      await producer.close();
      await queue.close();
    }
  });
}
