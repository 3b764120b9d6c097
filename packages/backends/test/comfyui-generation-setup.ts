import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BlobRef,
  type ClipTools,
  type Clock,
  type GenerationRequest,
  GenerationSpec,
  type GenerationSpecInput,
  inputFilesOf,
  type LoraDocument,
  lorasOf,
  type Stores,
  sha256Hex,
  UserError,
} from "@loramill/contracts";
import { openStores } from "@loramill/storage";
import { type FakeComfyUiOptions, type FakeComfyUiServer, flatPng, startFakeComfyUiServer } from "@loramill/testkit";
import { fetch } from "undici";
import { createComfyUiGeneration } from "../src/comfyui/generation/comfyui-generation.ts";
import type { ComfyUiGenerationOptions } from "../src/comfyui/generation/generation-deps.ts";

export interface GenerationSetup extends FakeComfyUiOptions {
  readonly options?: Partial<ComfyUiGenerationOptions>;
  readonly clock?: Clock;
  /** More servers than the one. */
  readonly others?: readonly FakeComfyUiServer[];
}

/** This machine has no ffmpeg: clips are as large as they were asked to be. */
const tools = {
  look: async () => {
    throw new UserError("no clip", { code: "no-video" });
  },
} as Partial<ClipTools> as ClipTools;

/** A small picture from text; what is given wins. */
export const picture = (over: object = {}): GenerationSpec =>
  GenerationSpec.parse({
    kind: "text-to-image",
    model: { family: "sdxl" },
    prompt: "a red fox",
    seed: 1,
    width: 64,
    height: 96,
    sampling: { steps: 3 },
    ...over,
  } as GenerationSpecInput);

/** A server, a store, and the backend between them. */
export async function openComfyUiGeneration(setup: GenerationSetup = {}) {
  const folder = await mkdtemp(join(tmpdir(), "comfyui-generation-"));
  const stores = await openStores({ url: folder, sync: "never" });
  const server = await startFakeComfyUiServer(setup);
  const options: ComfyUiGenerationOptions = {
    servers: [server, ...(setup.others ?? [])].map(({ url }) => ({ url, headers: {} })),
    timeoutMs: 20_000,
    maxJobs: 1,
    pollMs: 20,
    usdPerHour: 3.6,
    generationTimeoutSeconds: 600,
    previewMs: null,
    ...setup.options,
  };
  const { clock = { now: () => new Date() } } = setup;
  const openAs = (parts: { stores: Stores; fetch?: typeof fetch }, changed: Partial<ComfyUiGenerationOptions> = {}) =>
    createComfyUiGeneration({ ...options, ...changed }, { clock, tools, ...parts });
  const weights: Record<string, BlobRef> = {};

  /** A LoRA of its own content for each name. */
  async function lora(called: string, bytes = 2_000): Promise<LoraDocument> {
    weights[called] ??= await stores.blobs.put(Buffer.alloc(bytes, called), { mediaType: "application/octet-stream" });
    const tensorsSha256 = sha256Hex(called);
    return { name: called, family: "sdxl", weights: weights[called], tensorsSha256 } as LoraDocument;
  }

  async function requestOf(specs: readonly GenerationSpec[], marker = "job-1"): Promise<GenerationRequest> {
    const items = specs.map(async (spec, index) => ({
      index,
      spec,
      loras: Object.fromEntries(
        await Promise.all(lorasOf(spec).map(async ({ lora: called }) => [called, await lora(called)] as const)),
      ),
      inputs: Object.fromEntries(
        await Promise.all(
          inputFilesOf(spec).map(async (called) => {
            const bytes = flatPng(48, 32, [called.length, 20, 30]);
            return [called, await stores.blobs.put(bytes, { mediaType: "image/png", bytes: bytes.length })] as const;
          }),
        ),
      ),
    }));
    return { marker, items: await Promise.all(items) };
  }

  const backend = openAs({ stores, fetch });
  return {
    server,
    stores,
    options,
    backend,
    openAs,
    requestOf,
    lora,
    close: async () => {
      await backend.close();
      await server.close();
      await stores.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
