import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LoraDocument, RunView } from "@loramill/contracts";
import { openStores } from "@loramill/storage";
import { expect, it, onTestFinished } from "vitest";
import { listArtifacts } from "./artifacts.ts";

it("lists the pictures that a training drew on the way behind its LoRA, by step and prompt", async () => {
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
  const part = await stores.documents.put("lora", lora);
  const output = await stores.documents.put("parts", { parts: [part] });
  const run = { steps: [{ name: "train", kind: "train", output, summary: {}, error: null }] } as unknown as RunView;
  const artifacts = await listArtifacts(run, stores, {
    urlSeconds: 60,
    datasetImages: false,
    signedObjects: { sign: (key) => `https://example.com/${key}`, verify: () => ({ key: "" }) },
  });
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
