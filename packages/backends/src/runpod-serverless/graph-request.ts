import {
  type BackendContext,
  type BlobRef,
  type GenerationRequestItem,
  inputFilesOf,
  type JsonObject,
  loraFiles,
  lorasOf,
  type Stores,
  UserError,
} from "@loramill/contracts";
import { buildGraph, type LoraFiles } from "@loramill/graphs";
import { loraFilename } from "../comfyui/generation/plan-item.ts";

/** Before base64 makes them a third larger; what is above never fits into a request. */
const MAX_INPUT_BYTES = 8 * 1000 * 1000;
const EXTENSIONS: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
  "audio/wav": "wav",
  "audio/mpeg": "mp3",
  "video/mp4": "mp4",
  "video/webm": "webm",
};

/** Files of the LoRAs that an item is drawn with. */
export function loraBlobsOf({ spec, loras }: GenerationRequestItem): BlobRef[] {
  const called = lorasOf(spec).flatMap(({ lora, strength }) => (strength > 0 ? [lora] : []));
  return called.flatMap((name) => {
    const lora = loras[name];
    return lora === undefined ? [] : loraFiles(lora).map(({ weights }) => weights);
  });
}

/** The LoRAs of an item: what its spec calls them → the file on the endpoint's volume, named by its content. */
export function loraFilesOf({ spec, loras }: GenerationRequestItem): Record<string, LoraFiles> {
  const uses = lorasOf(spec).filter(({ strength }) => strength > 0);
  return Object.fromEntries(
    uses.map(({ lora: called }) => {
      const lora = loras[called];
      if (lora === undefined) throw new TypeError(`the request lacks the LoRA ${called}`);
      return [
        called,
        Object.fromEntries(loraFiles(lora).map(({ role, weights }) => [role, loraFilename(weights.sha256)])),
      ];
    }),
  );
}

/** The input of worker-comfyui for an item: its graph, and the files that the graph loads as base64. */
export async function graphRequest(
  item: GenerationRequestItem,
  blobs: Stores["blobs"],
  { job, epoch, signal }: BackendContext,
): Promise<JsonObject> {
  const called = inputFilesOf(item.spec);
  const refs = called.map((name) => {
    const ref = item.inputs[name];
    if (ref === undefined) throw new TypeError(`the request lacks the file ${name}`);
    return { name, ref, file: `${ref.sha256}.${EXTENSIONS[ref.mediaType] ?? "bin"}` };
  });
  const bytes = refs.reduce((sum, { ref }) => sum + ref.bytes, 0);
  if (bytes > MAX_INPUT_BYTES) {
    throw new UserError(
      `The pictures of the request have ${(bytes / 1e6).toFixed(1)} MB, and ${MAX_INPUT_BYTES / 1e6} MB go into a request to RunPod: give smaller ones, or draw on ComfyUI or Replicate`,
      { code: "payload-too-large", details: { bytes, limit: MAX_INPUT_BYTES } },
    );
  }
  const { graph } = buildGraph(withoutIdleLoras(item), {
    inputs: Object.fromEntries(refs.map(({ name, file }) => [name, file])),
    loras: loraFilesOf(item),
    // A warm worker answers nothing for a graph that it remembers.
    filenamePrefix: `loramill/${job}-${epoch}`,
  });
  const images = await Promise.all(
    refs.map(async ({ ref, file }) => {
      const read = await blobs.read(ref, { maxBytes: MAX_INPUT_BYTES, signal });
      return { name: file, image: Buffer.from(read).toString("base64") };
    }),
  );
  return { workflow: graph as unknown as JsonObject, ...(images.length === 0 ? {} : { images }) };
}

/** A LoRA at strength 0 changes nothing, and need not be on the worker. */
function withoutIdleLoras({ spec }: GenerationRequestItem): GenerationRequestItem["spec"] {
  return "loras" in spec ? { ...spec, loras: spec.loras.filter(({ strength }) => strength > 0) } : spec;
}
