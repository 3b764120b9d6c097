import {
  type BlobRef,
  type Digest,
  digestOf,
  type GenerationRequestItem,
  inputFilesOf,
  type LoraRole,
  loraFiles,
  lorasOf,
} from "@loramill/contracts";
import { type BuiltGraph, buildGraph, type GraphNames, type LoraFiles, type NeededModel } from "@loramill/graphs";
import type { RemoteFile } from "../outputs.ts";

/** One file of a LoRA; one for a model with two experts may have two. */
export interface LoraToPlace {
  /** What the spec calls it. */
  readonly called: string;
  readonly name: string;
  readonly role: LoraRole;
  readonly weights: BlobRef;
  /** What its file is called on every server. */
  readonly filename: string;
}

export interface InputToUpload {
  readonly blob: BlobRef;
  readonly file: RemoteFile;
}

/** What a server has to hold in memory for a prompt. */
export interface Load {
  readonly base: Digest;
  readonly loras: Digest;
}

/** One item with everything that a server must be given and must have for it. */
export interface PlannedItem {
  readonly item: GenerationRequestItem;
  readonly loras: readonly LoraToPlace[];
  readonly inputs: readonly InputToUpload[];
  /** Files that the server must have of itself. */
  readonly models: readonly NeededModel[];
  readonly load: Load;
  /** The graph, with nobody else's names for what it saves. */
  build(filenamePrefix: string): BuiltGraph;
}

const CODE_VERSION = 1;

/** A content digest in the name: a file of this name is this file, and a loader that keeps it by name is right. */
export const loraFilename = (sha256: Digest): string => `loramill-${sha256.slice(0, 32)}.safetensors`;

/** Everything that decides what comes out of an item on servers of a version. */
export function itemKey({ spec, loras, inputs, frames }: GenerationRequestItem, engine: string): Digest {
  const tensors = Object.entries(loras).map(([called, lora]) => [
    called,
    loraFiles(lora).map(({ role, tensorsSha256 }) => [role, tensorsSha256]),
  ]);
  const files = Object.entries(inputs).map(([called, { sha256 }]) => [called, sha256]);
  const shown = frames === undefined ? {} : { frames: frames.map(({ sha256 }) => sha256) };
  return digestOf({ version: CODE_VERSION, engine, spec, tensors, files, ...shown });
}

/** What an item needs; equal items of equal jobs need the same. `clipFps` where the graph must know how fast clips are. */
export function planItem(
  item: GenerationRequestItem,
  marker: string,
  clipFps: Readonly<Record<string, number>> = {},
): PlannedItem {
  const { spec } = item;
  const subfolder = `loramill/${digestOf(marker).slice(0, 24)}`;
  const upload = (blob: BlobRef): InputToUpload => {
    return { blob, file: { filename: inputFilename(blob), subfolder, type: "input" } };
  };
  const onServer = ({ file }: InputToUpload): string => `${subfolder}/${file.filename}`;
  const frames = item.frames?.map(upload);
  const files = (frames === undefined ? inputFilesOf(spec) : []).map((called) => {
    const blob = item.inputs[called];
    if (blob === undefined) throw new TypeError(`the request lacks the file ${called}`);
    return { called, ...upload(blob) };
  });
  // A clip that stands still shows one frame again and again.
  const inputs = [...new Map([...files, ...(frames ?? [])].map((input) => [onServer(input), input])).values()];
  const loras = [...new Set(lorasOf(spec).map(({ lora }) => lora))].flatMap((called) => {
    const lora = item.loras[called];
    if (lora === undefined) throw new TypeError(`the request lacks the LoRA ${called}`);
    const { name } = lora;
    return loraFiles(lora).map(({ role, weights }) => {
      return { called, name, role, weights, filename: loraFilename(weights.sha256) };
    });
  });
  const names: Omit<GraphNames, "filenamePrefix"> = {
    inputs: Object.fromEntries(files.map((input) => [input.called, onServer(input)])),
    ...(frames === undefined ? {} : { frames: { kind: "pictures", names: frames.map(onServer) } }),
    loras: filesByLora(loras),
    clipFps,
  };
  const build = (filenamePrefix: string) => buildGraph(spec, { ...names, filenamePrefix });
  const { models } = build("loramill");
  const own = models.filter(({ folder }) => folder !== "loras");
  return { item, loras, inputs, models: own, load: loadOf(own, loras), build };
}

function filesByLora(loras: readonly LoraToPlace[]): GraphNames["loras"] {
  const files: Record<string, LoraFiles> = {};
  for (const { called, role, filename } of loras) files[called] = { ...files[called], [role]: filename };
  return files;
}

/** Of LoRAs the set counts: another strength of the same files is quickly patched in. */
function loadOf(models: readonly NeededModel[], loras: readonly LoraToPlace[]): Load {
  const base = digestOf(models.map(({ folder, name }) => `${folder}/${name}`));
  return { base, loras: digestOf([base, ...loras.map(({ filename }) => filename).sort()]) };
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
  "image/gif": "gif",
  "video/mp4": "mp4",
  "video/webm": "webm",
  "video/quicktime": "mov",
  "audio/mpeg": "mp3",
  "audio/wav": "wav",
  "audio/flac": "flac",
  "audio/ogg": "ogg",
};

/** Loaders go by what is in a file, and some of their lists by its ending. */
function inputFilename({ sha256, mediaType }: BlobRef): string {
  const extension = EXTENSIONS[mediaType] ?? mediaType.split("/")[1]?.replace(/[^a-z0-9]/g, "") ?? "bin";
  return `${sha256.slice(0, 32)}.${extension}`;
}
