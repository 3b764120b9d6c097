import { setImmediate as nextTurn } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { type LossPoint, TransientError, toErrorRecord } from "@loramill/contracts";
import type { EngineCall, EngineCalls, EngineThreadData, FromEngine, ToEngine } from "./engine-messages.ts";
import { openModelFiles } from "./model-files.ts";
import { sample } from "./sample.ts";
import { type Graph, openGraph } from "./sessions.ts";
import { createTokenizer } from "./tokenizer.ts";
import { train } from "./train.ts";
import { freezeTraining, loraFile, startTraining, thawTraining } from "./training-state.ts";

/** The thread that computes: one call after the other, so that the process's event loop stays free to renew locks. */
const port = parentPort;
if (!port) throw new Error("engine-thread.ts is started by openPocketEngine, not by itself");
const { modelDir, threads } = workerData as EngineThreadData;
const say = (message: FromEngine) => port.postMessage(message);

const files = await openModelFiles(modelDir);
const tokenize = createTokenizer(files.model);
const graphs = new Map<string, Promise<Graph>>();
const graphOf = (name: "denoise" | "lora-train-step"): Promise<Graph> => {
  const opened = graphs.get(name) ?? openGraph(files, name, threads);
  graphs.set(name, opened);
  return opened;
};

const aborted = new Set<number>();
/** Lets messages in, then tells whether a call was aborted meanwhile. */
async function isAborted(id: number): Promise<boolean> {
  await nextTurn();
  return aborted.has(id);
}

const calls: {
  [C in EngineCall]: (request: EngineCalls[C]["request"], id: number) => Promise<EngineCalls[C]["answer"]>;
} = {
  async train({ images, settings, from, untilStep }, id) {
    const live = from ? thawTraining(files.model, from) : startTraining(files.model, settings);
    const graph = await graphOf("lora-train-step");
    const onStep = (point: LossPoint) => say({ kind: "step", id, point });
    await train({
      model: files.model,
      graph,
      tokenize,
      images,
      settings,
      live,
      untilStep,
      onStep,
      shouldStop: () => isAborted(id),
    });
    return freezeTraining(live, settings);
  },
  async export({ state, metadata }) {
    return loraFile(files.model, state, metadata);
  },
  async generate(request, id) {
    const check = async () => {
      if (await isAborted(id)) throw new TransientError("the generation was stopped", { code: "cancelled" });
    };
    return sample({ model: files.model, graph: await graphOf("denoise"), tokenize, request, check });
  },
};

let last: Promise<void> = Promise.resolve();
port.on("message", (message: ToEngine) => {
  if (message.kind === "abort") {
    aborted.add(message.id);
    return;
  }
  last = last.then(() => work(message));
});

async function work(message: Extract<ToEngine, { kind: "call" }>): Promise<void> {
  try {
    const answer = await (calls[message.call] as (request: unknown, id: number) => Promise<unknown>)(
      message.request,
      message.id,
    );
    say({ kind: "answer", id: message.id, answer });
  } catch (error) {
    say({ kind: "error", id: message.id, error: toErrorRecord(error) });
  } finally {
    aborted.delete(message.id);
  }
}
