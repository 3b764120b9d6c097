import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, neutralRecipe, type Recipe, type Stores, type TrainingRequest } from "@loramill/contracts";
import { openStores } from "@loramill/storage";
import { type FakeComfyUiOptions, type FakeComfyUiServer, startFakeComfyUiServer } from "@loramill/testkit";
import { fetch } from "undici";
import type { ComfyUiOptions } from "../src/comfyui/comfyui-config.ts";
import { createComfyUiTraining } from "../src/comfyui/comfyui-training.ts";

/** As ComfyUI trains, so that nothing has to be translated. */
export const recipe: Recipe = {
  ...neutralRecipe,
  family: "sdxl",
  baseModel: "stabilityai/stable-diffusion-xl-base-1.0",
  rank: 4,
  alpha: 1,
  learningRate: 2e-4,
  batchSize: 1,
  steps: 12,
  resolution: 64,
  scheduler: "constant",
  buckets: true,
  mixedPrecision: "bf16",
  saveEverySteps: 12,
  seed: 7,
};

export interface ComfyUiSetup extends FakeComfyUiOptions {
  readonly options?: Partial<ComfyUiOptions>;
  readonly sizes?: readonly (readonly [number, number])[];
  readonly recipe?: Partial<Recipe>;
  readonly clock?: Clock;
  /** More servers than the one. */
  readonly others?: readonly FakeComfyUiServer[];
}

/** A server, a store with a dataset in it, and the backend between them. */
export async function openComfyUi(setup: ComfyUiSetup = {}) {
  const folder = await mkdtemp(join(tmpdir(), "comfyui-"));
  const stores = await openStores({ url: folder, sync: "never" });
  const server = await startFakeComfyUiServer(setup);
  const sizes = setup.sizes ?? [
    [64, 64],
    [64, 96],
    [96, 64],
  ];
  const images = await Promise.all(
    sizes.map(async ([width, height], index) => ({
      image: await stores.blobs.put(new TextEncoder().encode(`picture ${index}`), { mediaType: "image/png" }),
      width,
      height,
      caption: `sks, picture ${index}`,
    })),
  );
  const request: TrainingRequest = {
    marker: "job-1",
    backendVersion: "comfyui/1",
    name: "things",
    triggerWord: "sks",
    recipe: { ...recipe, ...setup.recipe },
    images,
    metadata: { "modelspec.title": "things", "modelspec.architecture": "stable-diffusion-xl-v1-base/lora" },
  };
  const options: ComfyUiOptions = {
    servers: [server, ...(setup.others ?? [])].map(({ url }) => ({ url, headers: {} })),
    timeoutMs: 20_000,
    maxJobs: 1,
    pollMs: 20,
    previewMs: null,
    isSet: true,
    trainingTimeoutSeconds: 3_600,
    generationTimeoutSeconds: 3_600,
    usdPerHour: 3.6,
    ...setup.options,
  };
  const { clock = { now: () => new Date() } } = setup;
  const openAs = (changed: Partial<ComfyUiOptions>, parts: { stores: Stores; fetch?: typeof fetch }) =>
    createComfyUiTraining({ ...options, ...changed }, { clock, ...parts });
  const reopen = () => openAs({}, { stores });
  const backend = reopen();
  return {
    server,
    stores,
    request,
    options,
    backend,
    reopen,
    openAs,
    close: async () => {
      await backend.close();
      await server.close();
      await stores.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const KEY = "a-key-of-the-proxy";

/** Where a test lets a worker die: its store and its requests go through it. */
interface Deaths {
  stores(stores: Stores): Stores;
  fetch(send: typeof fetch): typeof fetch;
}

/** For the conformance suite: a server behind a proxy with a key, and what can be seen of it and done to it. */
export async function openComfyUiHarness() {
  const auth = { header: "authorization", value: `Bearer ${KEY}` };
  const opened = await openComfyUi({ stepMs: 60, auth });
  const { server, stores, request, openAs, close } = opened;
  const withKey = (key: string) => ({ servers: [{ url: server.url, headers: { Authorization: `Bearer ${key}` } }] });
  return {
    backend: openAs(withKey(KEY), { stores }),
    request,
    reopen: async (deaths?: Deaths) =>
      deaths === undefined
        ? openAs(withKey(KEY), { stores })
        : openAs(withKey(KEY), { stores: deaths.stores(stores), fetch: deaths.fetch(fetch) }),
    hasObjects: async () => false,
    remote: {
      // A prompt that arrives twice under one id trains once: the server remembers what it has computed.
      started: async () => new Set(server.submitted).size,
      active: async () => server.runner.pending.length + (server.runner.running === null ? 0 : 1),
      loseNextAnswer: () => server.misbehave({ kind: "lose-receipt" }),
      holding: { hold: () => server.runner.pause(), release: () => server.runner.resume() },
      vanish: async () => {
        server.runner.restart();
        server.runner.resume();
        server.runner.files.all.clear();
      },
      openWithWrongKey: async () => openAs(withKey("another"), { stores }),
    },
    close,
  };
}
