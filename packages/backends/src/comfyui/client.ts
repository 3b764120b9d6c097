import { type Clock, TransientError } from "@loramill/contracts";
import { type NodeClasses, readNodeClasses } from "@loramill/graphs";
import type { fetch as undiciFetch } from "undici";
import { z } from "zod";
import { connect, type ServerOptions } from "./connection.ts";
import { type Files, openFiles } from "./files.ts";
import { type ListenedPrompt, openPromptSocket, type PromptSocket } from "./prompt-socket.ts";
import { openPrompts, type Prompts } from "./prompts.ts";

export interface ComfyUiClientOptions extends ServerOptions {
  readonly timeoutMs: number;
}

export interface ComfyUiClientParts {
  readonly clock: Clock;
  readonly fetch?: typeof undiciFetch;
}

export interface SystemFacts {
  readonly version: string;
  readonly devices: readonly { readonly name: string; readonly vramBytes: number }[];
  /** Memory of its cards that is taken now; null where it has none or does not tell. */
  readonly usedVramBytes: number | null;
}

/** Everything that a server can run. */
export interface NodeCatalogue {
  readonly classes: NodeClasses;
  /** Names of ComfyUI's own classes: those of packs come and go with what they find installed. */
  readonly core: readonly string[];
}

/** One ComfyUI server. Every call takes a signal, ends after a time, and fails with one of the three error classes. */
export interface ComfyUiClient {
  /** Host and path of the server, fit to be shown and kept. */
  readonly name: string;
  readonly prompts: Prompts;
  readonly files: Files;
  system(signal: AbortSignal): Promise<SystemFacts>;
  /** What it says of these node classes; those it lacks are missing from the answer. Asked anew each time: lists of files change. */
  nodes(types: Iterable<string>, signal: AbortSignal): Promise<NodeClasses>;
  /** All of its classes in one answer, which is large where there are many packs. */
  catalogue(signal: AbortSignal): Promise<NodeCatalogue>;
  /** Bytes of the largest request that it takes; null where it does not tell. */
  maxUploadBytes(signal: AbortSignal): Promise<number | null>;
  /** Names of the files in a model folder; empty when there is no such folder. */
  models(folder: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Lets go of models and of remembered results: after running out of memory. */
  free(signal: AbortSignal): Promise<void>;
  listen(prompt: ListenedPrompt): PromptSocket;
  close(): Promise<void>;
}

const System = z.looseObject({
  system: z.looseObject({ comfyui_version: z.string().catch("unknown") }),
  devices: z
    .array(
      z.looseObject({
        name: z.string().catch("?"),
        type: z.string().catch(""),
        vram_total: z.number().catch(0),
        vram_free: z.number().optional().catch(undefined),
      }),
    )
    .catch([]),
});
type Devices = z.output<typeof System>["devices"];
const Origins = z.record(z.string(), z.looseObject({ python_module: z.string().catch("") })).catch({});
const Features = z.looseObject({ max_upload_size: z.number().positive() });

export function createComfyUiClient(options: ComfyUiClientOptions, parts: ComfyUiClientParts): ComfyUiClient {
  const connection = connect(options, parts);
  return {
    name: connection.name,
    prompts: openPrompts(connection),
    files: openFiles(connection),

    async system(signal) {
      const read = System.safeParse((await connection.ask("/system_stats", { signal })).json).data;
      if (read === undefined) {
        throw new TransientError(`${connection.name} does not answer like ComfyUI: check COMFYUI_API_URL`, {
          code: "bad-answer",
        });
      }
      const devices = read.devices.map(({ name, vram_total }) => ({ name, vramBytes: vram_total }));
      return { version: read.system.comfyui_version, devices, usedVramBytes: usedVram(read.devices) };
    },

    async nodes(types, signal) {
      const classes = new Map();
      for (const type of new Set(types)) {
        // An unknown class is an empty answer.
        const { json } = await connection.ask(`/object_info/${encodeURIComponent(type)}`, { signal });
        for (const [name, found] of readNodeClasses(json)) classes.set(name, found);
      }
      return classes;
    },

    async catalogue(signal) {
      const { json } = await connection.ask("/object_info", { signal });
      const origins = Origins.parse(json);
      const classes = readNodeClasses(json);
      const isCore = (name: string) => !origins[name]?.python_module.startsWith("custom_nodes");
      return { classes, core: [...classes.keys()].filter(isCore).sort() };
    },

    async maxUploadBytes(signal) {
      const { json } = await connection.ask("/features", { signal, accept: [404, 405] });
      return Features.safeParse(json).data?.max_upload_size ?? null;
    },

    async models(folder, signal) {
      const { json } = await connection.ask(`/models/${encodeURIComponent(folder)}`, { signal, accept: [404] });
      return z.array(z.string()).safeParse(json).data ?? [];
    },

    async free(signal) {
      await connection.ask("/free", { body: { unload_models: true, free_memory: true }, signal });
    },

    listen: (prompt) => openPromptSocket(connection, prompt, parts),
    close: connection.close,
  };
}

/** A processor is told as a device too, with the machine's memory for its own. */
function usedVram(devices: Devices): number | null {
  const cards = devices.filter(({ type, vram_free }) => type !== "cpu" && vram_free !== undefined);
  if (cards.length === 0) return null;
  return cards.reduce((sum, { vram_total, vram_free = 0 }) => sum + Math.max(0, vram_total - vram_free), 0);
}
