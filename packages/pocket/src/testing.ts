import { openModelFiles } from "./model-files.ts";
import { type GraphName, openGraph } from "./sessions.ts";
import { createTokenizer } from "./tokenizer.ts";

export { denoiseFeeds, loraFeeds } from "./feeds.ts";
export { train } from "./train.ts";
export { startTraining } from "./training-state.ts";

/** What the engine's thread holds, for tests and benches that look inside. Graphs compute in the calling thread. */
export async function openParts({
  threads = 1,
  modelDir,
}: {
  readonly threads?: number;
  readonly modelDir?: string;
} = {}) {
  const files = await openModelFiles(modelDir);
  const open = (name: GraphName) => openGraph(files, name, threads);
  return {
    model: files.model,
    tokenize: createTokenizer(files.model),
    graphs: { step: await open("lora-train-step"), denoise: await open("denoise") },
  };
}
