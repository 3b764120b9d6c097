import { Worker } from "node:worker_threads";
import { type LossPoint, PermanentError, type PocketEngine } from "@loramill/contracts";
import {
  type EngineCall,
  type EngineCalls,
  type EngineThreadData,
  errorOf,
  type FromEngine,
  type ToEngine,
} from "./engine-messages.ts";
import { openModelFiles } from "./model-files.ts";

export interface PocketEngineOptions {
  /** Folder of graphs and weights; the shipped one by default. */
  readonly modelDir?: string;
  /** Threads of one computation. Results are the same again only with the same number. */
  readonly threads?: number;
}

interface OpenCall {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
  readonly onStep: ((point: LossPoint) => void) | undefined;
}

const DEFAULT_THREADS = 2;
const SIDE_PIXELS = 64;

/** Checks the model's files and opens the engine. Its thread starts with the first call and ends with `close`. */
export async function openPocketEngine(options: PocketEngineOptions = {}): Promise<PocketEngine> {
  const files = await openModelFiles(options.modelDir);
  const open = new Map<number, OpenCall>();
  let worker: Worker | null = null;
  let lastId = 0;
  let closed = false;

  const failAll = (error: Error) => {
    for (const call of open.values()) call.reject(error);
    open.clear();
    worker = null;
  };
  const start = (): Worker => {
    const data: EngineThreadData = {
      modelDir: files.dir,
      digest: files.digest,
      threads: options.threads ?? DEFAULT_THREADS,
    };
    const thread = new Worker(new URL("./engine-thread.ts", import.meta.url), { workerData: data });
    thread.on("message", (message: FromEngine) => {
      const call = open.get(message.id);
      if (message.kind === "step") {
        call?.onStep?.(message.point);
        return;
      }
      open.delete(message.id);
      if (open.size === 0) thread.unref();
      if (message.kind === "answer") call?.resolve(message.answer as never);
      else call?.reject(errorOf(message.error));
    });
    thread.on("error", failAll);
    thread.on("exit", () => failAll(new PermanentError("the pocket engine's thread ended", { code: "engine-ended" })));
    return thread;
  };

  async function call<C extends EngineCall>(
    name: C,
    request: EngineCalls[C]["request"],
    more: { signal?: AbortSignal | undefined; onStep?: ((point: LossPoint) => void) | undefined } = {},
  ): Promise<EngineCalls[C]["answer"]> {
    if (closed) throw new PermanentError("the pocket engine is closed", { code: "engine-ended" });
    worker ??= start();
    const thread = worker;
    lastId += 1;
    const id = lastId;
    const abort = () => thread.postMessage({ kind: "abort", id } satisfies ToEngine);
    try {
      return await new Promise((resolve, reject) => {
        open.set(id, { resolve, reject, onStep: more.onStep });
        thread.ref();
        thread.postMessage({ kind: "call", id, call: name, request } as ToEngine);
        if (more.signal?.aborted) abort();
        else more.signal?.addEventListener("abort", abort, { once: true });
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
      await worker?.terminate();
    },
  };
}
