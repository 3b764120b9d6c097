import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { editLoraJob, type LoraDocument, LoraOperation, sha256Hex } from "@loramill/contracts";
import { openModuleThreads, readSafetensors, tensorsSha256 } from "@loramill/lora";
import { openStores } from "@loramill/storage";
import { fakeJobContext, tinyLora } from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { editLora } from "./edit-lora.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function open(maxBytes = 1_000_000) {
  const folder = await mkdtemp(join(tmpdir(), "evaluator-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const stores = await openStores({ url: folder, sync: "never" });
  cleanups.push(() => stores.close());
  const threads = openModuleThreads({ size: 1 });
  cleanups.push(() => threads.close());
  const put = async (name: string, seed: number) => {
    const file = tinyLora(["transformer.single_transformer_blocks.0.attn.to_q"], { rank: 2, seed });
    const lora: LoraDocument = {
      format: "loramill-lora/1",
      name,
      weights: await stores.blobs.put(file, { mediaType: "application/vnd.safetensors" }),
      tensorsSha256: tensorsSha256(file),
      ...{ family: "flux", baseModel: "black-forest-labs/FLUX.1-dev", triggerWord: name, recipe: {} },
      ...{ dataset: sha256Hex("set"), images: 1, steps: 1, finalLoss: null, curve: [], computeSeconds: 1 },
      ...{ resumedFromSteps: [], deviations: [], samples: [], backend: "pocket", made: null },
    };
    return { name, document: await stores.documents.put("lora", lora) };
  };
  const loras = [await put("dog", 1), await put("ink", 2)];
  const edit = (operation: object, count = 2, ctx = fakeJobContext()) => {
    const from = loras.slice(0, count).map(({ document }) => ({ document, weight: 0.5 }));
    const input = editLoraJob.input.parse({
      params: { name: "both", operation: LoraOperation.parse(operation), from },
    });
    return editLora(input, { stores, threads, maxBytes }, ctx);
  };
  return { stores, loras, edit };
}

describe("editLora", () => {
  it("publishes a merged LoRA that says what it was made of, and is the same the second time", async () => {
    const { stores, loras, edit } = await open();
    const ctx = fakeJobContext();
    const output = await edit({ kind: "merge" }, 2, ctx);
    const lora = await stores.documents.get("lora", output.digest);
    expect(lora).toMatchObject({
      name: "both",
      family: "flux",
      recipe: null,
      made: {
        operation: "merge",
        settings: { method: { kind: "concat" } },
        from: loras.map(({ name, document }) => ({ name, document, weight: 0.5 })),
      },
    });
    const file = readSafetensors(await stores.blobs.read(lora.weights));
    expect([...file.tensors.values()].some(({ shape }) => shape[0] === 4)).toBe(true);
    expect(ctx.said.records).toMatchObject([{ kind: "lora", document: output.digest, dataset: null }]);
    expect(ctx.said.progress.at(-1)).toMatchObject({ percent: 100 });
    expect(await edit({ kind: "merge" })).toEqual(output);
  });

  it("refuses files that are larger than it may work on, before it reads them", async () => {
    const { edit } = await open(100);
    await expect(edit({ kind: "merge" })).rejects.toMatchObject({
      errorClass: "user",
      code: "lora-too-large",
      message: expect.stringContaining("LORA_MAX_BYTES"),
    });
  });

  it("stops when it is cancelled", async () => {
    const { edit } = await open();
    const ctx = fakeJobContext();
    ctx.cancel();
    await expect(edit({ kind: "resize", rule: { kind: "fixed", rank: 1 } }, 1, ctx)).rejects.toMatchObject({
      code: "cancelled",
    });
  });
});
