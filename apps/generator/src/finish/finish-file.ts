import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type BlobRef, type Generation, type GenerationSpec, JsonObject, type Stores } from "@loramill/contracts";
import { encodePicture, readRgb } from "@loramill/imaging";
import { type Making, provenanceTags, writeProvenance } from "@loramill/imaging/provenance";
import { type VideoOptions, writeVideoTags } from "@loramill/video";
import { makingOf } from "./making.ts";

export interface FinishParts {
  readonly stores: Stores;
  readonly video: VideoOptions;
  /** Where ffmpeg is missing, clips stay as the backend gave them. */
  readonly hasFfmpeg: (signal: AbortSignal) => Promise<boolean>;
}

const MAX_PICTURE_BYTES = 256 * 1024 * 1024;
const MAX_GRAPH_BYTES = 16 * 1024 * 1024;
const CLIP_ENDINGS: Readonly<Record<string, string>> = { "video/mp4": "mp4", "video/webm": "webm" };

/**
 * The file of a generation as it was asked for: in its format, and with what it tells of itself. Pixels of a picture that
 * has the right format already, and streams of a clip, stay bit for bit.
 */
export async function finishFile(generation: Generation, parts: FinishParts, signal: AbortSignal): Promise<BlobRef> {
  const { image: file, spec } = generation;
  const privacy = isPrivate(spec);
  const beside = privacy
    ? { graph: undefined, explanation: undefined }
    : {
        graph: await readGraph(generation.graph, parts.stores, signal),
        explanation: await readChoice(generation.choice, parts.stores),
      };
  const making = makingOf(generation, beside);
  const ending = CLIP_ENDINGS[file.mediaType];
  if (ending !== undefined) return finishClip(file, ending, { making, privacy }, parts, signal);
  if (!file.mediaType.startsWith("image/")) return file;
  const { blobs } = parts.stores;
  const bytes = await blobs.read(file, { maxBytes: MAX_PICTURE_BYTES, signal });
  const encoded = await inFormat(bytes, file.mediaType, spec);
  const told = writeProvenance(encoded.bytes, making, { privacy });
  return blobs.put(told.bytes, { mediaType: encoded.mediaType, bytes: told.bytes.length });
}

const isPrivate = (spec: GenerationSpec | undefined): boolean =>
  spec !== undefined && "output" in spec && (spec.output?.privacy ?? false);

/** An animated WebP is a clip, and stays one. */
async function inFormat(bytes: Uint8Array, mediaType: string, spec: GenerationSpec | undefined) {
  const output = spec !== undefined && "output" in spec ? spec.output : undefined;
  const format = output?.format;
  const isPicture = format === "png" || format === "jpeg" || format === "avif" || format === "webp";
  const wanted = `image/${format}`;
  if (!isPicture || wanted === mediaType) return { bytes, mediaType };
  const encoded = await encodePicture(await readRgb(bytes), { format, quality: output?.quality });
  return { bytes: encoded, mediaType: wanted };
}

async function finishClip(
  file: BlobRef,
  ending: string,
  { making, privacy }: { readonly making: Making; readonly privacy: boolean },
  { stores, video, hasFfmpeg }: FinishParts,
  signal: AbortSignal,
): Promise<BlobRef> {
  if (!(await hasFfmpeg(signal))) return file;
  const folder = await mkdtemp(join(tmpdir(), "loramill-finish-"));
  try {
    const [at, to] = [join(folder, "made"), join(folder, `told.${ending}`)];
    const { body } = await stores.blobs.open(file, { signal });
    await pipeline(body, createWriteStream(at), { signal });
    const tags = provenanceTags(making, { privacy });
    await writeVideoTags({ at, name: "the clip" }, { to, tags }, video, signal);
    const { size } = await stat(to);
    return await stores.blobs.put(createReadStream(to), { mediaType: file.mediaType, bytes: size, signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readChoice(choice: Generation["choice"], { documents }: Stores) {
  return choice === undefined ? undefined : documents.get("choice", choice);
}

async function readGraph(graph: BlobRef | undefined, { blobs }: Stores, signal: AbortSignal) {
  if (graph === undefined) return undefined;
  const bytes = await blobs.read(graph, { maxBytes: MAX_GRAPH_BYTES, signal });
  return JsonObject.parse(JSON.parse(new TextDecoder().decode(bytes)));
}
