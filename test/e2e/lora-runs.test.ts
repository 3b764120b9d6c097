import { LoraDocument, type RunSpecInput } from "@loramill/contracts";
import { readSafetensors } from "@loramill/lora";
import { beforeAll, expect, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { openMill } from "../support/open-mill.ts";
import { finished, stepOf } from "../support/runs.ts";

const mill = openMill();
const pictures = mill.at("pictures");

beforeAll(() => drawSamplePictures(pictures));

async function run(spec: RunSpecInput) {
  const { id } = await mill.client.createRun(spec);
  const view = await finished(mill.client, id);
  expect(view.error).toBeNull();
  expect(view.state).toBe("succeeded");
  return view;
}

const training = (name: string, seed: number): RunSpecInput => ({
  name,
  dataset: { sources: [{ type: "folder", path: pictures }] },
  caption: { triggerWord: name },
  train: { recipe: { steps: 10, batchSize: 4, warmupSteps: 2, rank: 2, alpha: 2, seed } },
});

test("two LoRAs of the library become one, which draws in the same run and is not made again", async () => {
  await run(training("dog", 1));
  await run(training("ink", 2));
  const spec: RunSpecInput = {
    name: "dog in ink",
    lora: { from: [{ lora: "dog" }, { lora: "ink", weight: 0.5 }], operation: { kind: "merge" } },
    generate: { prompts: ["dog, ink"], seeds: [1], strengths: [1], steps: 4, width: 64, height: 64 },
  };
  const merged = await run(spec);
  expect(merged.steps.map(({ name }) => name)).toEqual(["lora", "generate"]);
  const { items } = await mill.client.listArtifacts(merged.id);
  const file = items.find(({ kind }) => kind === "lora-weights");
  const lora = readSafetensors(await mill.client.download(file?.url ?? ""));
  expect(lora.metadata.get("modelspec.merged_from")).toBe("dog, ink");
  expect(lora.metadata.get("ss_network_dim")).toBe("4");
  const document = items.find(({ kind }) => kind === "lora");
  const made = LoraDocument.parse(JSON.parse(Buffer.from(await mill.client.download(document?.url ?? "")).toString()));
  expect(made).toMatchObject({ recipe: null, family: "pocket", made: { operation: "merge" } });
  expect(items.filter(({ kind }) => kind === "image")).toHaveLength(1);

  const same = await run(spec);
  expect(stepOf(same, "lora").state).toBe("reused");
  expect(stepOf(same, "generate").state).toBe("reused");
});

test("a LoRA that is not there is refused before anything starts", async () => {
  const spec = { name: "x", lora: { from: [{ lora: "ghost" }], operation: { kind: "prune" as const } } };
  await expect(mill.client.createRun(spec)).rejects.toThrow(/no LoRA "ghost" is in the library/);
});
