import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LoraDocument, RunView } from "@loramill/contracts";
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
    return listArtifacts(run, stores, {
      urlSeconds: 60,
      datasetImages: false,
      signedObjects: { sign: (key) => `https://example.com/${key}`, verify: () => ({ key: "" }) },
    });
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
