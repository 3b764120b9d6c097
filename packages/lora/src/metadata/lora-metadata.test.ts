import { neutralRecipe, type Recipe, sha256Hex } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { checkLora } from "../check-lora.ts";
import { readSafetensors } from "../safetensors/read-safetensors.ts";
import { fromFloat32 } from "../safetensors/tensor-values.ts";
import { writeSafetensors } from "../safetensors/write-safetensors.ts";
import { lineageMetadata, outcomeMetadata } from "./lora-metadata.ts";
import { readLineage } from "./read-lineage.ts";

const recipe: Recipe = {
  ...neutralRecipe,
  family: "pocket",
  baseModel: "pocket",
  rank: 8,
  alpha: 8,
  learningRate: 0.01,
  batchSize: 8,
  steps: 200,
  resolution: 64,
  scheduler: "linear",
  saveEverySteps: 50,
  seed: 1,
};

describe("LoRA metadata", () => {
  const lineage = {
    name: "my dog",
    triggerWord: "sks",
    recipe,
    dataset: sha256Hex("dataset"),
    images: 12,
    run: "run_0",
    baseModelDigest: sha256Hex("base"),
    backend: "pocket",
  };

  it("names the standard's required keys, the kohya minimum and the lineage", () => {
    const metadata = {
      ...lineageMetadata(lineage),
      ...outcomeMetadata({ steps: 200, computeSeconds: 24.13, finalLoss: 0.5, tensorsSha256: sha256Hex("") }),
    };
    expect(metadata).toMatchObject({
      "modelspec.sai_model_spec": "1.0.1",
      "modelspec.architecture": "loramill-pocket/lora",
      "modelspec.title": "my dog",
      "modelspec.resolution": "64x64",
      "modelspec.trigger_phrase": "sks",
      ss_network_dim: "8",
      ss_network_alpha: "8",
      ss_v2: "False",
      ss_steps: "200",
      "loramill.dataset": lineage.dataset,
      "loramill.training_seconds": "24.1",
    });
    expect(JSON.parse(metadata["loramill.recipe"] ?? "")).toEqual(recipe);
  });

  it("names the captions and the plan where they are known, and reads the lineage back", () => {
    const captions = sha256Hex("captions");
    const plan = sha256Hex("plan");
    const metadata = new Map(Object.entries(lineageMetadata({ ...lineage, captions, plan })));
    expect(readLineage(metadata)).toMatchObject({ run: "run_0", backend: "pocket", captions, plan, recipe });
    expect(readLineage(new Map())).toBeNull();
  });

  it("leaves the trigger word out where there is none", () => {
    expect(Object.keys(lineageMetadata({ ...lineage, triggerWord: null })).join()).not.toContain("trigger");
  });
});

describe("checkLora", () => {
  const pair = (a: number[], b: number[], name = "x") =>
    readSafetensors(
      writeSafetensors([
        {
          name: `${name}.lora_A.weight`,
          dtype: "F32",
          shape: [1, a.length],
          data: fromFloat32("F32", Float32Array.from(a)),
        },
        {
          name: `${name}.lora_B.weight`,
          dtype: "F16",
          shape: [b.length, 1],
          data: fromFloat32("F16", Float32Array.from(b)),
        },
      ]),
    );

  it("takes a LoRA whose matrices pair up and hold numbers", () => {
    expect(checkLora(pair([1, 2], [3, 4]))).toEqual([]);
  });

  it("names what makes a LoRA worthless", () => {
    expect(checkLora(pair([1, Number.NaN], [3]))[0]).toContain("not numbers");
    expect(checkLora(pair([1], [0, 0]))[0]).toContain("change nothing");
    expect(checkLora(readSafetensors(writeSafetensors([])))[0]).toContain("no LoRA matrices");
    const alone = writeSafetensors([{ name: "x.lora_A.weight", dtype: "F32", shape: [1], data: new Uint8Array(4) }]);
    expect(checkLora(readSafetensors(alone))[0]).toContain("no partner");
  });
});
