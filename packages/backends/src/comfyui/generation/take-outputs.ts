import {
  type BlobRef,
  type ClipTools,
  type GenerationSpec,
  isDrawn,
  PermanentError,
  type Stores,
} from "@loramill/contracts";
import { type BuiltGraph, resolveSpec } from "@loramill/graphs";
import type { ComfyUiClient } from "../client.ts";
import type { OutputFile } from "../outputs.ts";
import type { MadeFile } from "./finished-items.ts";
import { measure } from "./measure-file.ts";

export interface MadePrompt {
  readonly spec: GenerationSpec;
  readonly built: BuiltGraph;
  readonly outputs: readonly OutputFile[];
  readonly seconds: number;
  readonly peakVramBytes: number | null;
}

const MAX_FILE_BYTES = 4 * 1024 ** 3;
const PIPELINE_LENGTH = 2000;
/** Folders of what draws, as against what reads prompts. */
const DRAWING: ReadonlySet<string> = new Set(["checkpoints", "diffusion_models"]);

/**
 * Fetches the files of a finished prompt, in the order of the spec's outputs, and says how they were made. PermanentError
 * `no-output` where the server names none, `file-missing` where one is gone.
 */
export async function takeOutputs(
  made: MadePrompt,
  to: {
    readonly client: ComfyUiClient;
    readonly stores: Stores;
    readonly tools: ClipTools;
    readonly signal: AbortSignal;
  },
): Promise<MadeFile[]> {
  const { client, stores, signal } = to;
  const { built, spec } = made;
  const wanted = built.outputs
    .toSorted((a, b) => a.index - b.index)
    .flatMap(({ node }) => made.outputs.filter((output) => output.node === node && output.type === "output"));
  if (wanted.length === 0) {
    throw new PermanentError(`ComfyUI at ${client.name} has run the graph and names no file of it`, {
      code: "no-output",
    });
  }
  const told = await describe(made, stores);
  const files: MadeFile[] = [];
  for (const output of wanted) {
    const body = client.files.download(output, { maxBytes: MAX_FILE_BYTES, signal });
    const file = await stores.blobs.put(body, { mediaType: mediaTypeOf(output.filename), signal });
    const measured = await measure(file, resolveSpec(spec), to);
    files.push({ file, ...measured, ...told, seconds: made.seconds / wanted.length });
  }
  return files;
}

type Told = Pick<MadeFile, "sampler" | "steps" | "guidance" | "baseModel" | "pipeline" | "peakVramBytes" | "graph">;

async function describe({ spec, built, peakVramBytes }: MadePrompt, { blobs }: Stores): Promise<Told> {
  const resolved = resolveSpec(spec);
  const sampling = isDrawn(resolved) ? resolved.sampling : {};
  const json = new TextEncoder().encode(JSON.stringify(built.graph));
  const graph: BlobRef = await blobs.put(json, { mediaType: "application/json", bytes: json.length });
  return {
    sampler: sampling.sampler ?? "none",
    steps: sampling.steps ?? 0,
    guidance: sampling.guidance ?? 0,
    baseModel: (built.models.find(({ folder }) => DRAWING.has(folder)) ?? built.models[0])?.name ?? "none",
    pipeline: built.nodes.join(" > ").slice(0, PIPELINE_LENGTH),
    peakVramBytes,
    graph,
  };
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  webp: "image/webp",
  gif: "image/gif",
  mp4: "video/mp4",
  webm: "video/webm",
  mkv: "video/x-matroska",
  mov: "video/quicktime",
};

const mediaTypeOf = (filename: string): string =>
  MEDIA_TYPES[filename.split(".").at(-1)?.toLowerCase() ?? ""] ?? "application/octet-stream";
