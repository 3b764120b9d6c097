import { setImmediate as nextTurn } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { type LossPoint, PermanentError, TransientError, toErrorRecord } from "@loramill/contracts";
import {
  buffersOf,
  type EngineCall,
  type EngineCalls,
  type EngineThreadData,
  type FromEngine,
  type ToEngine,
} from "./engine-messages.ts";
import { openModelFiles } from "./model-files.ts";
import { sample } from "./sample.ts";
import { type Graph, type GraphName, openGraph } from "./sessions.ts";
import { createTokenizer } from "./tokenizer.ts";
import { train } from "./train.ts";
import { checkSameLora, freezeTraining, loraFile, startTraining, thawTraining } from "./training-state.ts";

/** The thread that computes: one call after the other, so that the process's event loop stays free to renew locks. */
const port = parentPort;
if (!port) throw new Error("engine-thread.ts is started by openPocketEngine, not by itself");
const { modelDir, digest, threads } = workerData as EngineThreadData;
const say = (message: FromEngine) =>
  port.postMessage(message, message.kind === "answer" ? buffersOf(message.answer) : []);

const files = await openModelFiles(modelDir);
if (files.digest !== digest) {
  throw new PermanentError("the model's files changed while the engine was open; start the process again", {
    code: "bad-model-files",
  });
}
const { model } = files;
const tokenize = createTokenizer(model);
const graphs = new Map<GraphName, Promise<Graph>>();
const graphOf = (name: GraphName): Promise<Graph> => {
  const known = graphs.get(name);
  if (known) return known;
  const opened = openGraph(files, name, threads);
  graphs.set(name, opened);
  opened.catch(() => graphs.delete(name));
  return opened;
};

const aborted = new Set<number>();
/** Calls are answered in the order of their ids. */
let lastAnswered = 0;
let closing = false;
/** Lets messages in, then tells whether a call is no longer wanted. */
async function isAborted(id: number): Promise<boolean> {
  await nextTurn();
  return closing || aborted.has(id);
}

const calls: {
  [C in EngineCall]: (request: EngineCalls[C]["request"], id: number) => Promise<EngineCalls[C]["answer"]>;
} = {
  async train({ images, settings, from, untilStep }, id) {
    const live = from ? thawTraining(model, from) : startTraining(model, settings);
    checkSameLora(live, settings);
    const onStep = (point: LossPoint) => say({ kind: "step", id, point });
    const shouldStop = () => isAborted(id);
    const graphs = { step: await graphOf("lora-train-step"), denoise: await graphOf("denoise") };
    await train({ model, graphs, tokenize, images, settings, live, untilStep, onStep, shouldStop });
    return freezeTraining(live);
  },
  async export({ state, metadata }) {
    return loraFile(model, state, metadata);
  },
  async generate(request, id) {
    const check = async () => {
      if (await isAborted(id)) throw new TransientError("the generation was stopped", { code: "cancelled" });
    };
    return sample({ model, graph: await graphOf("denoise"), tokenize, request, check });
  },
};

let last: Promise<void> = Promise.resolve();
port.on("message", (message: ToEngine) => {
  if (message.kind === "abort") {
    if (message.id > lastAnswered) aborted.add(message.id);
  } else if (message.kind === "call") {
    last = last.then(() => work(message));
  } else {
    closing = true;
    last = last.then(end);
  }
});

async function work(message: Extract<ToEngine, { kind: "call" }>): Promise<void> {
  const run = calls[message.call] as (request: unknown, id: number) => Promise<unknown>;
  try {
    say({ kind: "answer", id: message.id, answer: await run(message.request, message.id) });
  } catch (error) {
    say({ kind: "error", id: message.id, error: toErrorRecord(error) });
  } finally {
    lastAnswered = message.id;
    aborted.delete(message.id);
  }
}

async function end(): Promise<void> {
  for (const graph of graphs.values()) await (await graph).close();
  port?.close();
}
