import { extractLoraJob, mergeIntoModelJob, type StoredModel } from "@loramill/contracts";
import { readSafetensors, type TensorToWrite, writeSafetensors } from "@loramill/lora";
import { fakeJobContext } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { fluxLora, openTools, type Tools } from "../test/support/open-tools.ts";
import { extractLora } from "./extract-lora.ts";
import { mergeIntoModel } from "./merge-into-model.ts";

const WEIGHT = "single_transformer_blocks.0.attn.to_q.weight";

/** A piece of Flux as diffusers saves it: one weight that LoRAs change, one that they leave alone. */
function checkpoint(seed: number): Uint8Array {
  const values = Float32Array.from({ length: 64 }, (_, i) => Math.sin(seed * 100 + i));
  const tensor = (name: string, shape: readonly number[]): TensorToWrite => ({
    name,
    dtype: "F32",
    shape,
    data: new Uint8Array(values.buffer, 0, 4 * shape.reduce((size, side) => size * side, 1)),
  });
  return writeSafetensors([tensor(WEIGHT, [8, 8]), tensor("time_text_embed.bias", [8])]);
}

async function putModel({ stores }: Tools, model: string, file: Uint8Array): Promise<StoredModel> {
  const { sha256 } = await stores.blobs.put(file, { mediaType: "application/vnd.safetensors" });
  return { model, family: "flux", file: "flux.safetensors", sha256 };
}

function extract(tools: Tools, params: object, ctx = fakeJobContext()) {
  const input = extractLoraJob.input.parse({ params: { name: "change", rank: 8, dtype: "F32", ...params } });
  return extractLora(input, tools, ctx);
}

describe("work on models", () => {
  it("extracts the LoRA that was merged into a model, and publishes it with where it comes from", async () => {
    const tools = await openTools();
    const dog = await tools.putLora("dog", fluxLora(1));
    const model = await putModel(tools, "owner/base", checkpoint(1));
    const ctx = fakeJobContext();
    const params = { name: "dog model", model, leaveOut: false, from: [{ document: dog, weight: 0.5 }] };
    const { digest, summary } = await mergeIntoModel(mergeIntoModelJob.input.parse({ params }), tools, ctx);
    const made = await tools.stores.documents.get("model", digest);
    expect(summary).toMatchObject({ models: 1, modules: 1 });
    expect(made).toMatchObject({
      name: "dog model",
      family: "flux",
      made: {
        operation: "merge-into",
        from: [
          { name: "owner/base", weights: model.sha256, document: null },
          { name: "dog", document: dog, weight: 0.5 },
        ],
      },
    });
    expect(ctx.said.records, "a model is no LoRA of the library").toEqual([]);
    const [before, after] = [checkpoint(1), await tools.stores.blobs.read(made.weights)].map(readSafetensors);
    const bytes = (file: typeof before, name: string) => Buffer.from(file?.tensors.get(name)?.data ?? []);
    expect(bytes(after, "time_text_embed.bias")).toEqual(bytes(before, "time_text_embed.bias"));
    expect(bytes(after, WEIGHT)).not.toEqual(bytes(before, WEIGHT));

    const tuned: StoredModel = { ...model, model: "owner/tuned", sha256: made.weights.sha256 };
    const said = fakeJobContext();
    const output = await extract(tools, { original: model, tuned }, said);
    const lora = await tools.stores.documents.get("lora", output.digest);
    expect(lora).toMatchObject({
      name: "change",
      family: "flux",
      baseModel: "owner/base",
      made: {
        operation: "extract",
        from: [
          { name: "owner/tuned", weight: 1 },
          { name: "owner/base", weight: -1 },
        ],
      },
    });
    expect(said.said.records).toMatchObject([{ kind: "lora", name: "change", rank: 8, dataset: null }]);
    expect(said.said.progress.at(-1)).toMatchObject({ percent: 100 });
  });

  it("refuses a family of which no modules are known, and a file that is no checkpoint of its family", async () => {
    const tools = await openTools();
    const model = await putModel(tools, "owner/base", checkpoint(1));
    const flux2 = { ...model, family: "flux2" as const };
    await expect(extract(tools, { original: flux2, tuned: flux2 })).rejects.toMatchObject({
      code: "no-module-table",
      message: expect.stringContaining("no table of the modules of flux2"),
    });
    const sdxl = { ...model, family: "sdxl" as const };
    await expect(extract(tools, { original: sdxl, tuned: sdxl })).rejects.toMatchObject({ code: "unknown-checkpoint" });
  });
});
