import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Generation, LoraDocument, PlanLock, RunView } from "@loramill/contracts";
import { openStores } from "@loramill/storage";
import { expect, it, onTestFinished } from "vitest";
import { listArtifacts } from "./artifacts.ts";

it("lists every file of a LoRA, and behind them the pictures that its training drew, by step and prompt", async () => {
  const folder = await mkdtemp(join(tmpdir(), "artifacts-"));
  const stores = await openStores({ url: folder, sync: "never" });
  onTestFinished(async () => {
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  });
  const image = await stores.blobs.put(Buffer.from("a picture"), { mediaType: "image/jpeg" });
  const lora: LoraDocument = {
    format: "loramill-lora/1",
    name: "reds",
    weights: { sha256: "a".repeat(64), bytes: 1, mediaType: "application/vnd.safetensors" },
    tensorsSha256: "b".repeat(64),
    family: "flux",
    baseModel: "black-forest-labs/FLUX.1-dev",
    triggerWord: "sks",
    recipe: null,
    dataset: null,
    images: 3,
    steps: 40,
    finalLoss: null,
    curve: [],
    computeSeconds: 1,
    resumedFromSteps: [],
    deviations: [],
    backend: "agent",
    samples: [{ step: 20, index: 1, prompt: "sks at night", image }],
    made: null,
  };
  const artifactsOf = async (made: LoraDocument) => {
    const part = await stores.documents.put("lora", made);
    const output = await stores.documents.put("parts", { parts: [part] });
    const run = { steps: [{ name: "train", kind: "train", output, summary: {}, error: null }] } as unknown as RunView;
    const { items } = await listArtifacts(run, stores, {
      urlSeconds: 60,
      datasetImages: false,
      rest: { outputs: async () => [], failures: async () => [], samples: async () => [], plan: null },
      signedObjects: { sign: (key) => `https://example.com/${key}`, verify: () => ({ key: "" }) },
    });
    return items;
  };
  const { weights, tensorsSha256 } = lora;
  const files = (["high", "low"] as const).map((role) => ({ role, weights, tensorsSha256 }));
  const pair = (await artifactsOf({ ...lora, files })).filter(({ kind }) => kind === "lora-weights");
  expect(pair.map(({ name }) => name)).toEqual(["reds_high_noise.safetensors", "reds_low_noise.safetensors"]);

  const artifacts = await artifactsOf(lora);
  expect(artifacts.map(({ kind }) => kind)).toEqual(["lora", "lora-weights", "training-sample"]);
  expect(artifacts[2]).toEqual({
    step: "train",
    kind: "training-sample",
    name: "step-000020-01.jpeg",
    digest: image.sha256,
    bytes: image.bytes,
    mediaType: "image/jpeg",
    url: `https://example.com/blobs/${image.sha256}`,
    metadata: { lora: "reds", step: 20, index: 1, prompt: "sks at night" },
  });
});

it("lists what a generate step made before it failed, clips as such, and what it will not make", async () => {
  const folder = await mkdtemp(join(tmpdir(), "artifacts-"));
  const stores = await openStores({ url: folder, sync: "never" });
  onTestFinished(async () => {
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  });
  const generation = (index: number, more: Partial<Generation>): Generation => ({
    index,
    image: { sha256: "a".repeat(64), bytes: 1, mediaType: "image/png" },
    prompt: "A dog, at night!",
    negativePrompt: "",
    seed: 7,
    steps: 4,
    guidance: 3,
    sampler: "euler",
    width: 64,
    height: 64,
    loras: [],
    baseModel: "pocket",
    backend: "pocket",
    seconds: 1,
    ...more,
  });
  const lora = { name: "ink", sha256: "b".repeat(64), tensorsSha256: "c".repeat(64), strength: 0.5 };
  const file = (mediaType: string) => ({ sha256: "d".repeat(64), bytes: 2, mediaType });
  const digest = await stores.documents.put("generations", {
    generations: [
      generation(0, { loras: [lora] }),
      generation(1, { image: file("video/mp4"), frames: 8 }),
      generation(2, {
        prompt: "",
        image: file("image/webp"),
        spec: { kind: "upscale", image: "x", scale: 2, output: { format: "webp", privacy: false } },
      }),
    ],
    refused: [{ path: "item 3", code: "content-policy", message: "no" }],
  });
  const step = { name: "generate", kind: "generate", output: null, summary: {}, error: null };
  const jobs = { total: 2, waiting: 0, open: 0, succeeded: 1, failed: 1, cancelled: 0 };
  const plan = { steps: [{ name: "generate", fanOut: { type: "range", items: 6, perJob: 4 } }] } as unknown as PlanLock;
  const error = { class: "permanent" as const, code: "broken", message: "it broke", details: {} };
  const { items, refused } = await listArtifacts({ steps: [{ ...step, jobs }] } as unknown as RunView, stores, {
    urlSeconds: 60,
    datasetImages: false,
    rest: {
      outputs: async () => [{ digest }],
      failures: async () => [{ ordinal: 1, error }],
      samples: async () => [],
      plan,
    },
    signedObjects: { sign: (key) => `https://example.com/${key}`, verify: () => ({ key: "" }) },
  });
  expect(items.map(({ kind, name }) => [kind, name])).toEqual([
    ["image", "0000-a-dog-at-night-seed7-x0.5.png"],
    ["clip", "0001-a-dog-at-night-seed7.mp4"],
    ["image", "0002-upscale.webp"],
  ]);
  expect(refused).toEqual([
    { step: "generate", path: "item 3", code: "content-policy", message: "no" },
    { step: "generate", path: "items 4 to 5", code: "broken", message: "it broke" },
  ]);
});
