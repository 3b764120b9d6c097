import {
  type BackendContext,
  PermanentError,
  type Recipe,
  type Stores,
  type TrainingSample,
} from "@loramill/contracts";
import type { ComfyUiClient } from "./client.ts";
import type { OutputFile } from "./outputs.ts";
import { promptOfSample } from "./sample-graph.ts";

const MAX_SAMPLE_BYTES = 64 * 1024 * 1024;
const DISPENSABLE = ["file-missing", "file-too-large"];

/** Fetches the pictures that a prompt has drawn with the finished LoRA, by prompt. One that is gone is done without. */
export async function collectSamples(
  outputs: readonly OutputFile[],
  recipe: Recipe,
  { client, stores, context }: { client: ComfyUiClient; stores: Stores; context: BackendContext },
): Promise<TrainingSample[]> {
  const { signal } = context;
  const samples: TrainingSample[] = [];
  for (const file of outputs) {
    const index = promptOfSample(file.filename);
    if (index === null) continue;
    try {
      const body = client.files.download(file, { maxBytes: MAX_SAMPLE_BYTES, signal });
      const image = await stores.blobs.put(body, { mediaType: "image/png", signal });
      samples.push({ step: recipe.steps, index, prompt: recipe.samplePrompts[index] ?? null, image });
    } catch (error) {
      // A LoRA can do without a picture of it; a server that is away for a moment is asked again.
      if (!(error instanceof PermanentError) || !DISPENSABLE.includes(error.code)) throw error;
      context.onLog(error.message);
    }
  }
  return samples.sort((a, b) => a.index - b.index);
}
