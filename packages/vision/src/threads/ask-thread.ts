import { Worker } from "node:worker_threads";
import { fromErrorRecord, TransientError } from "@loramill/contracts";
import type { Question, Reply } from "./messages.ts";

// For the ONNX runtime of the threads, which else reports what it does to its maker; they have but a copy of what the process
// says, so it is said here: https://github.com/microsoft/onnxruntime/pull/27379
process.env.ORT_DISABLE_TELEMETRY = "1";

interface OpenCall {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** One run of a thread, and the questions it has not answered. */
interface Running {
  readonly worker: Worker;
  readonly calls: Map<number, OpenCall>;
  readonly ended: Promise<void>;
}

export interface AskedThread<Request, Answer> {
  /** Buffers in `moved` are the thread's afterwards. An abort is answered at once; the thread ends what it began. */
  ask(request: Request, signal: AbortSignal, moved?: readonly ArrayBuffer[]): Promise<Answer>;
  /** Open questions fail at once; the thread ends when it has answered the one that it works on. */
  close(): Promise<void>;
}

export interface ThreadOptions {
  readonly script: URL;
  /** In messages, such as `the tagger`. */
  readonly name: string;
  /** What the thread is started with; asked before each start, and free to throw. */
  readonly data: () => unknown;
}

/**
 * A thread that starts with the first question and ends with `close`; while none is open it does not keep the process
 * alive. When it dies its questions fail with TransientError `thread-ended`, and the next one starts another.
 */
export function openThread<Request, Answer>({ script, name, data }: ThreadOptions): AskedThread<Request, Answer> {
  let running: Running | null = null;
  let lastId = 0;
  let closed = false;

  const start = (): Running => {
    const worker = new Worker(script, { workerData: data() });
    worker.unref();
    const calls = new Map<number, OpenCall>();
    const endWith = (why: string, cause?: unknown) => {
      if (running === started) running = null;
      for (const { reject } of calls.values()) {
        reject(new TransientError(`the thread of ${name} ${why}`, { code: "thread-ended", cause }));
      }
      calls.clear();
    };
    worker.on("message", (reply: Reply) => {
      const call = calls.get(reply.id);
      calls.delete(reply.id);
      if (calls.size === 0 && !closed) worker.unref();
      if ("error" in reply) call?.reject(fromErrorRecord(reply.error));
      else call?.resolve(reply.answer);
    });
    worker.on("error", (error) => endWith(`failed: ${error instanceof Error ? error.message : String(error)}`, error));
    const ended = new Promise<void>((resolve) => {
      worker.on("exit", () => {
        endWith("ended");
        resolve();
      });
    });
    const started: Running = { worker, calls, ended };
    return started;
  };

  return {
    async ask(request, signal, moved = []) {
      signal.throwIfAborted();
      if (closed) throw drained(name);
      running ??= start();
      const { worker, calls } = running;
      lastId += 1;
      const id = lastId;
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      const abort = () => reject(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      calls.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, request } satisfies Question, moved);
      try {
        return (await promise) as Answer;
      } finally {
        signal.removeEventListener("abort", abort);
      }
    },
    async close() {
      closed = true;
      if (running === null) return;
      const { worker, calls, ended } = running;
      for (const { reject } of calls.values()) reject(drained(name));
      calls.clear();
      worker.ref();
      worker.postMessage({ close: true } satisfies Question);
      await ended;
    },
  };
}

const drained = (name: string) => new TransientError(`${name} is closed`, { code: "drained" });
