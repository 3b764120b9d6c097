import "./silent-runtime.ts";
import { Worker } from "node:worker_threads";
import { fromErrorRecord, type LossPoint, type PocketEngine, TransientError } from "@loramill/contracts";
import type { EngineCall, EngineCalls, EngineThreadData, FromEngine, ToEngine } from "./engine-messages.ts";
import { openModelFiles } from "./model-files.ts";

export interface PocketEngineOptions {
  /** Folder of graphs and weights; the shipped one by default. */
  readonly modelDir?: string;
  /** Threads of one computation, 2 by default. Results repeat exactly only with the same number. */
  readonly threads?: number;
}

interface OpenCall {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
  readonly onStep: ((point: LossPoint) => void) | undefined;
}

/** One run of the computing thread, and the calls it has not answered. */
interface Thread {
  readonly worker: Worker;
  readonly calls: Map<number, OpenCall>;
  readonly ended: Promise<void>;
}

const SIDE_PIXELS = 64;

/**
 * Checks the model's files and opens the engine. Its thread starts with the first call and ends with `close`; while no
 * call is open it does not keep the process alive. Calls queue. When the thread dies its calls are rejected with
 * TransientError `engine-ended`, and the next call starts another.
 */
export async function openPocketEngine(options: PocketEngineOptions = {}): Promise<PocketEngine> {
  const files = await openModelFiles(options.modelDir);
  const data: EngineThreadData = { modelDir: files.dir, digest: files.digest, threads: options.threads ?? 2 };
  let thread: Thread | null = null;
  let lastId = 0;
  let closed = false;

  const start = (): Thread => {
    const worker = new Worker(new URL("./engine-thread.ts", import.meta.url), { workerData: data });
    worker.unref();
    const calls = new Map<number, OpenCall>();
    const endWith = (error: unknown) => {
      if (thread === started) thread = null;
      for (const call of calls.values()) call.reject(error);
      calls.clear();
    };
    const onStep = (id: number, point: LossPoint) => {
      const call = calls.get(id);
      try {
        call?.onStep?.(point);
      } catch (error) {
        calls.delete(id);
        worker.postMessage({ kind: "abort", id } satisfies ToEngine);
        call?.reject(error);
      }
    };
    worker.on("message", (message: FromEngine) => {
      const call = calls.get(message.id);
      if (message.kind === "step") return onStep(message.id, message.point);
      calls.delete(message.id);
      if (calls.size === 0 && !closed) worker.unref();
      if (message.kind === "answer") call?.resolve(message.answer as never);
      else call?.reject(fromErrorRecord(message.error));
    });
    worker.on("error", (cause) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      endWith(new TransientError(`the pocket engine's thread failed: ${why}`, { code: "engine-ended", cause }));
    });
    const ended = new Promise<void>((resolve) => {
      worker.on("exit", () => {
        endWith(new TransientError("the pocket engine's thread ended", { code: "engine-ended" }));
        resolve();
      });
    });
    const started: Thread = { worker, calls, ended };
    return started;
  };

  async function call<C extends EngineCall>(
    name: C,
    request: EngineCalls[C]["request"],
    more: { signal?: AbortSignal | undefined; onStep?: ((point: LossPoint) => void) | undefined } = {},
  ): Promise<EngineCalls[C]["answer"]> {
    if (closed) throw drained();
    thread ??= start();
    const { worker, calls } = thread;
    lastId += 1;
    const id = lastId;
    const send = (message: ToEngine) => worker.postMessage(message);
    const abort = () => send({ kind: "abort", id });
    try {
      return await new Promise((resolve, reject) => {
        if (more.signal?.aborted) abort();
        send({ kind: "call", id, call: name, request } as ToEngine);
        calls.set(id, { resolve, reject, onStep: more.onStep });
        worker.ref();
        more.signal?.addEventListener("abort", abort, { once: true });
      });
    } finally {
      more.signal?.removeEventListener("abort", abort);
    }
  }

  return {
    model: { id: files.model.name, digest: files.digest, side: SIDE_PIXELS, sideStep: files.model.dimensions.patch },
    train: ({ signal, onStep, ...request }) => call("train", request, { signal, onStep }),
    exportLora: (state, metadata) => call("export", { state, metadata }),
    generate: (request, signal) => call("generate", request, { signal }),
    async close() {
      closed = true;
      if (!thread) return;
      const { worker, calls, ended } = thread;
      for (const open of calls.values()) open.reject(drained());
      calls.clear();
      worker.ref();
      worker.postMessage({ kind: "close" } satisfies ToEngine);
      await ended;
    },
  };
}

function drained(): TransientError {
  return new TransientError("the pocket engine is closed", { code: "drained" });
}
