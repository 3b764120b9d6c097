import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { comfyUiConfig, createComfyUiGeneration } from "@loramill/backends";
import { type GenerationRequest, GenerationSpec, type GenerationSpecInput, inputFilesOf } from "@loramill/contracts";
import { openStores } from "@loramill/storage";
import { backendContext, flatPng, pollGeneration, runGenerationBackendSuite, waitUntil } from "@loramill/testkit";
import { createClipTools, videoConfig } from "@loramill/video";
import { afterAll, describe, expect, it } from "vitest";
import { openLiveComfyUi } from "./live-comfyui.ts";

const options = comfyUiConfig.options(comfyUiConfig.env.parse(process.env));
const clock = { now: () => new Date() };
const tools = createClipTools(videoConfig.options(videoConfig.env.parse(process.env)).video);
/** Its own in every run of these tests, and equal in each of them: equal requests are to give equal files. */
const marker = `live-${randomUUID()}`;

if (process.env.COMFYUI_API_URL === undefined) {
  console.warn("SKIPPED: no live ComfyUI. Set COMFYUI_API_URL to a server that you may draw on.");
}
const [server] = options.servers;
const live =
  process.env.COMFYUI_API_URL === undefined || server === undefined ? null : await openLiveComfyUi(server, process.env);
const checkpoint = live?.checkpoint ?? null;
if (live !== null && checkpoint === null) {
  console.warn("SKIPPED: nothing is drawn by a model, because the server has no checkpoint of a family that is known.");
}

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
});

async function open() {
  // What the server remembers of the test before would be taken for the answer to this one.
  await live?.forget(marker);
  const folder = await mkdtemp(join(tmpdir(), "live-comfyui-"));
  const stores = await openStores({ url: folder, sync: "never" });
  const openBackend = () => createComfyUiGeneration({ ...options, pollMs: 250 }, { stores, clock, tools });
  const backend = openBackend();
  const close = async () => {
    await backend.close();
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  };
  async function requestOf(specs: readonly GenerationSpec[]): Promise<GenerationRequest> {
    const apple = flatPng(256, 256, [200, 30, 30]);
    const file = await stores.blobs.put(apple, { mediaType: "image/png", bytes: apple.length });
    const items = specs.map((one, index) => {
      const inputs = Object.fromEntries(inputFilesOf(one).map((called) => [called, file]));
      return { index, spec: one, loras: {}, inputs };
    });
    return { marker, items };
  }
  return { backend, openBackend, stores, requestOf, close };
}

/** Makes items and answers their files. */
async function make(specs: readonly GenerationSpec[]) {
  const { backend, requestOf, close } = await open();
  opened.push(close);
  const request = await requestOf(specs);
  const { remoteId } = await backend.submit(request, backendContext());
  const last = (await pollGeneration(backend, remoteId, request, { turns: 100_000 })).at(-1);
  if (last?.kind === "failed") throw last.error;
  return {
    ...(await backend.collect(remoteId, request, backendContext())),
    charges: last?.kind === "succeeded" ? last.charges : [],
  };
}

describe.skipIf(live === null)("a real ComfyUI server", () => {
  runGenerationBackendSuite("comfyui", async () => {
    const { backend, openBackend, requestOf, close } = await open();
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
        const isIdle = async () => (await live?.queued(marker)) === 0;
        await waitUntil("the server has nothing to do", isIdle, { timeoutMs: 1_200_000, everyMs: 250 });
        return openBackend();
      },
      close,
    };
  });

  it("says its version and what it is", async () => {
    const { backend, close } = await open();
    opened.push(close);
    const { available, message } = await backend.isAvailable();
    expect({ available, message }).toMatchObject({ available: true });
    expect(await backend.version()).toMatch(/^comfyui\/\d+:\d+\./);
    console.info(message);
  });

  it("makes plain frames without any model, in every format that it can save", async () => {
    const formats = live?.clipFormats ?? [];
    if (formats.length < 3)
      console.warn(`SKIPPED: of clips the server saves ${formats.join(", ") || "nothing"} alone.`);
    const { files, refused } = await make([colour("#3366cc", { frames: 4, formats: ["png", ...formats] })]);
    expect(refused).toEqual([]);
    expect(files).toHaveLength(4 + formats.length);
    for (const file of files) expect(file).toMatchObject({ width: 64, height: 64 });
  });

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
});
