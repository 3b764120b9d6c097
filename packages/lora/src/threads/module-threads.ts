import { Worker } from "node:worker_threads";
import { fromErrorRecord, TransientError } from "@loramill/contracts";
import type { Question, Reply } from "./messages.ts";
import type { ModuleAnswer, ModuleOperation, ModuleRequest, RunModule } from "./module-work.ts";
import { withOwnBuffers } from "./owned-buffers.ts";

export interface ModuleThreads {
  readonly runModule: RunModule;
  /** How many modules can be computed at once. */
  readonly size: number;
  /** What waits fails with TransientError `drained`; resolves when the threads have ended. */
  close(): Promise<void>;
}

interface Job {
  readonly operation: ModuleOperation;
  readonly request: ModuleRequest<ModuleOperation>;
  readonly resolve: (answer: ModuleAnswer<ModuleOperation>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Up to `size` threads that compute modules, started when there is work for them. An abort is answered at once, and what
 * waits for a thread then does not start. A thread that dies fails its module with TransientError `thread-ended`.
 */
export function openModuleThreads({ size }: { readonly size: number }): ModuleThreads {
  if (!(Number.isSafeInteger(size) && size >= 1)) throw new RangeError(`${size} threads cannot compute`);
  const waiting: Job[] = [];
  const threads = new Set<Promise<void>>();
  const idle: Worker[] = [];
  let closed = false;

  const work = (worker: Worker) => {
    const job = waiting.shift();
    if (job === undefined) {
      if (closed) tell(worker, "close");
      else idle.push(worker);
      return;
    }
    const died = () => job.reject(new TransientError("a thread that computes ended", { code: "thread-ended" }));
    worker.once("exit", died);
    worker.once("message", (reply: Reply) => {
      worker.off("exit", died);
      if ("error" in reply) job.reject(fromErrorRecord(reply.error));
      else job.resolve(reply.answer);
      work(worker);
    });
    const { value, buffers } = withOwnBuffers(job.request);
    tell(worker, { operation: job.operation, request: value }, buffers);
  };

  const start = () => {
    const worker = new Worker(new URL("./module-thread.ts", import.meta.url));
    // What it dies of is told by its exit; an error without a listener would take the process along.
    worker.on("error", () => {});
    const ended = new Promise<void>((resolve) => {
      worker.once("exit", () => {
        threads.delete(ended);
        const place = idle.indexOf(worker);
        if (place >= 0) idle.splice(place, 1);
        if (waiting.length > 0) next();
        resolve();
      });
    });
    threads.add(ended);
    work(worker);
  };

  const next = () => {
    const worker = idle.pop();
    if (worker !== undefined) work(worker);
    else if (threads.size < size) start();
  };

  return {
    size,
    async runModule(operation, request, signal) {
      signal?.throwIfAborted();
      if (closed) throw drained();
      const { promise, resolve, reject } = Promise.withResolvers<ModuleAnswer<ModuleOperation>>();
      const job: Job = { operation, request, resolve, reject };
      const abort = () => {
        const place = waiting.indexOf(job);
        if (place >= 0) waiting.splice(place, 1);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", abort, { once: true });
      waiting.push(job);
      next();
      try {
        return (await promise) as ModuleAnswer<typeof operation>;
      } finally {
        signal?.removeEventListener("abort", abort);
      }
    },
    async close() {
      closed = true;
      for (const { reject } of waiting.splice(0)) reject(drained());
      for (const worker of idle.splice(0)) tell(worker, "close");
      await Promise.all(threads);
    },
  };
}

function tell(worker: Worker, question: Question, moved: ArrayBuffer[] = []): void {
  worker.postMessage(question, moved);
}

const drained = () => new TransientError("the threads that compute modules are closed", { code: "drained" });
