import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { comfyUiConfig, createComfyUiGeneration } from "@loramill/backends";
import {
  type GenerationRequest,
  GenerationSpec,
  type GenerationSpecInput,
  inputFilesOf,
  type LoraDocument,
  lorasOf,
  sha256Hex,
} from "@loramill/contracts";
import { openStores } from "@loramill/storage";
import { backendContext, flatPng, pollGeneration, runGenerationBackendSuite, waitUntil } from "@loramill/testkit";
import { createClipTools, videoConfig } from "@loramill/video";
import { afterAll, describe, expect, it } from "vitest";
import { openLiveComfyUi } from "./live-comfyui.ts";
import { tinyLora } from "./tiny-lora.ts";

const options = comfyUiConfig.options(comfyUiConfig.env.parse(process.env));
const clock = { now: () => new Date() };
const tools = createClipTools(videoConfig.options(videoConfig.env.parse(process.env)).video);
/** The first server alone: what is on others is not looked at. A model that is being loaded may keep it busy for minutes. */
const [server] = options.servers;
const settings = {
  ...options,
  servers: options.servers.slice(0, 1),
  timeoutMs: Math.max(options.timeoutMs, 300_000),
  pollMs: 250,
  previewMs: 250,
};
/** Its own in every run of these tests, and equal in each of the suite's: equal requests are to give equal files. */
const suiteMarker = `live-${randomUUID()}`;
const markers = new Set([suiteMarker]);
const IDLE_MS = 1_800_000;
const TIDY_TIMEOUT_MS = 900_000;

const skipped = (why: string) => console.warn(`SKIPPED: ${why}`);
if (process.env.COMFYUI_API_URL === undefined) {
  skipped("no live ComfyUI. Set COMFYUI_API_URL to a server that you may draw on.");
}
if (options.servers.length > 1) skipped(`of ${options.servers.length} servers all but the first, ${server?.url}.`);
const live =
  process.env.COMFYUI_API_URL === undefined || server === undefined ? null : await openLiveComfyUi(server, process.env);
const checkpoint = live?.checkpoint ?? null;
if (live !== null && checkpoint === null) {
  skipped(
    "nothing is drawn by a model, because the server has no checkpoint whose name is one of SD1.5 or SDXL: set COMFYUI_LIVE_CHECKPOINT and COMFYUI_LIVE_FAMILY (sd15 or sdxl).",
  );
}
if (checkpoint !== null) console.info(`drawing with ${checkpoint.name}, taken for ${checkpoint.family}`);

const spec = (given: object): GenerationSpec => GenerationSpec.parse(given as GenerationSpecInput);
const colour = (rgb: string, more: object = {}) => spec({ kind: "solid-colour", rgb, ...more });
/** As small and as quick as the model draws anything. */
const drawn = (seed: number, more: object = {}) =>
  spec({
    kind: "text-to-image",
    model: { family: checkpoint?.family, files: { checkpoint: checkpoint?.name } },
    prompt: "a red apple on a white table",
    seed,
    sampling: { steps: 4 },
    ...{ width: 256, height: 256 },
    ...more,
  });

const opened: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of opened.splice(0).reverse()) await close();
  for (const marker of markers) await live?.tidy(marker);
}, TIDY_TIMEOUT_MS);

async function open(marker = `live-${randomUUID()}`) {
  markers.add(marker);
  // What the server remembers of the test before would be taken for the answer to this one.
  await live?.forget(marker);
  const folder = await mkdtemp(join(tmpdir(), "live-comfyui-"));
  const stores = await openStores({ url: folder, sync: "never" });
  const openBackend = () => createComfyUiGeneration(settings, { stores, clock, tools });
  const backend = openBackend();
  const close = async () => {
    await backend.close();
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  };
  async function requestOf(specs: readonly GenerationSpec[]): Promise<GenerationRequest> {
    const apple = flatPng(256, 256, [200, 30, 30]);
    const file = await stores.blobs.put(apple, { mediaType: "image/png", bytes: apple.length });
    const tensors = tinyLora(checkpoint?.family ?? "sd15");
    const weights = await stores.blobs.put(tensors, { mediaType: "application/vnd.safetensors" });
    const lora = { name: "live test", weights, tensorsSha256: sha256Hex(tensors) } as LoraDocument;
    const items = specs.map((one, index) => {
      const inputs = Object.fromEntries(inputFilesOf(one).map((called) => [called, file]));
      const loras = Object.fromEntries(lorasOf(one).map(({ lora: called }) => [called, lora]));
      return { index, spec: one, loras, inputs };
    });
    return { marker, items };
  }
  return { backend, openBackend, stores, requestOf, close };
}

/** Makes items and answers their files. */
async function make(specs: readonly GenerationSpec[]) {
  const { backend, requestOf, stores, close } = await open();
  opened.push(close);
  const request = await requestOf(specs);
  const { remoteId } = await backend.submit(request, backendContext());
  const statuses = await pollGeneration(backend, remoteId, request, { turns: 100_000 });
  const last = statuses.at(-1);
  if (last?.kind === "failed") throw last.error;
  return {
    ...(await backend.collect(remoteId, request, backendContext())),
    charges: last?.kind === "succeeded" ? last.charges : [],
    previews: statuses.flatMap((status) => (status.kind === "running" ? (status.previews ?? []) : [])),
    stores,
  };
}

describe.skipIf(live === null)("a real ComfyUI server", () => {
  it("says its version and what it is", async () => {
    const { backend, close } = await open();
    opened.push(close);
    const { available, message } = await backend.isAvailable();
    expect({ available, message }).toMatchObject({ available: true });
    expect(await backend.version()).toMatch(/^comfyui\/\d+:\S+\+[0-9a-f]+$/);
    console.info(message);
  });

  // Before the suite, so that no test of it waits for the model to be loaded.
  it.skipIf(checkpoint === null)("draws from text and over pictures, and charges the seconds of each", async () => {
    const { files, refused, charges } = await make([
      drawn(0),
      drawn(1, { kind: "image-to-image", image: "apple.png", denoise: 0.5 }),
    ]);
    expect(refused).toEqual([]);
    expect(files.map(({ width, height }) => [width, height])).toEqual([
      [256, 256],
      [256, 256],
    ]);
    expect(files[0]?.baseModel).toBe(checkpoint?.name);
    expect(files[0]?.file.sha256).not.toBe(files[1]?.file.sha256);
    expect(charges.length).toBeGreaterThanOrEqual(2);
  });

  it.skipIf(checkpoint === null)("applies a LoRA that it is sent", async () => {
    const { files, refused } = await make([drawn(0), drawn(0, { loras: [{ lora: "tiny", strength: 1.5 }] })]);
    expect(refused).toEqual([]);
    expect(files[0]?.file.sha256).not.toBe(files[1]?.file.sha256);
    expect(files[1]?.pipeline).toContain("LoraLoader");
  });

  it.skipIf(checkpoint === null)("shows what it draws while it does", async ({ skip }) => {
    const [major = 0, minor = 0] = (live?.version ?? "").replace(/^v/, "").split(".").map(Number);
    if (major === 0 && !(minor >= 4)) {
      skipped(`ComfyUI ${live?.version} shows no previews to those who ask: update it to 0.4 or later.`);
      skip();
    }
    const { previews, files, stores } = await make([drawn(2, { sampling: { steps: live?.isSlow ? 12 : 120 } })]);
    expect(files).toHaveLength(1);
    expect(previews.length).toBeGreaterThan(0);
    expect(await Array.fromAsync(stores.objects.list("previews/"))).toEqual([]);
  });

  it("makes plain frames without any model, in every format that it can save", async () => {
    const formats = live?.clipFormats ?? [];
    if (formats.length < 3) skipped(`of clips the server saves ${formats.join(", ") || "nothing"} alone.`);
    const { files, refused } = await make([colour("#3366cc", { frames: 4, formats: ["png", ...formats] })]);
    expect(refused).toEqual([]);
    expect(files).toHaveLength(4 + formats.length);
    for (const file of files) expect(file).toMatchObject({ width: 64, height: 64 });
  });

  runGenerationBackendSuite("comfyui", async () => {
    const { backend, openBackend, requestOf, close } = await open(suiteMarker);
    const request = await requestOf(
      checkpoint === null
        ? ["#ff0000", "#00ff00", "#0000ff", "#ffffff"].map((rgb) => colour(rgb))
        : [
            drawn(1),
            drawn(2),
            drawn(3, { kind: "image-to-image", image: "apple.png", denoise: 0.5 }),
            colour("#ff0000"),
          ],
    );
    return {
      backend,
      request,
      reopen: async () => {
        const isIdle = async () => (await live?.queued(suiteMarker)) === 0;
        await waitUntil("the server has nothing to do", isIdle, { timeoutMs: IDLE_MS, everyMs: 250 });
        return openBackend();
      },
      close,
    };
  });
});
