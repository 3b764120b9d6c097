import {
  editLoraJob,
  type LoraFile,
  LoraOperation,
  type LoraRole,
  loraBytes,
  loraFiles,
  withLoraFiles,
} from "@loramill/contracts";
import { readSafetensors, tensorsSha256 } from "@loramill/lora";
import { fakeJobContext, tinyLora } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { fluxLora, openTools } from "../test/support/open-tools.ts";
import { editLora } from "./edit-lora.ts";

async function open(maxBytes?: number) {
  const tools = await openTools(maxBytes);
  const { stores } = tools;
  const put = async (name: string, seed: number) => ({ name, document: await tools.putLora(name, fluxLora(seed)) });
  /** A LoRA of Wan: two files, or one for the whole model. */
  const putWan = async (name: string, roles: readonly LoraRole[], seed: number) => {
    const files = await Promise.all(
      roles.map(async (role, at): Promise<LoraFile> => {
        const file = tinyLora(["diffusion_model.blocks.0.self_attn.q"], { rank: 2, seed: seed + at });
        const weights = await stores.blobs.put(file, { mediaType: "application/vnd.safetensors" });
        return { role, weights, tensorsSha256: tensorsSha256(file) };
      }),
    );
    const { document: like } = await put(name, seed);
    const family = roles.includes("both") ? "wan21" : "wan22";
    const lora = { ...(await stores.documents.get("lora", like)), family, ...withLoraFiles(files) };
    return { document: await stores.documents.put("lora", lora), weight: 1 };
  };
  const loras = [await put("dog", 1), await put("ink", 2)];
  const edit = (operation: object, count = 2, ctx = fakeJobContext()) => {
    return editAll(
      operation,
      loras.slice(0, count).map(({ document }) => ({ document, weight: 0.5 })),
      ctx,
    );
  };
  const editAll = (operation: object, from: { document: string; weight: number }[], ctx = fakeJobContext()) => {
    const input = editLoraJob.input.parse({
      params: { name: "both", operation: LoraOperation.parse(operation), from },
    });
    return editLora(input, tools, ctx);
  };
  return { stores, loras, edit, editAll, putWan };
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

  it("works on both files of a pair, and puts a LoRA for the whole model into each of them", async () => {
    const { stores, editAll, putWan } = await open();
    const pairs = [await putWan("walk", ["high", "low"], 10), await putWan("run", ["high", "low"], 20)];
    const whole = await putWan("still", ["both"], 30);
    const ctx = fakeJobContext();
    const { digest } = await editAll({ kind: "merge" }, [whole, ...pairs], ctx);
    const merged = await stores.documents.get("lora", digest);
    expect(merged.family).toBe("wan22");
    expect(loraFiles(merged).map(({ role }) => role)).toEqual(["high", "low"]);
    for (const { weights } of loraFiles(merged)) {
      const { tensors } = readSafetensors(await stores.blobs.read(weights));
      expect([...tensors.values()].map(({ shape }) => Math.min(...shape))).toContain(6);
    }
    expect(ctx.said.records).toMatchObject([{ kind: "lora", files: merged.files, bytes: loraBytes(merged) }]);
    expect(ctx.said.progress.at(-1)).toMatchObject({ percent: 100 });

    const lowOnly = await putWan("low", ["low"], 40);
    const resized = await editAll({ kind: "resize", rule: { kind: "fixed", rank: 1 } }, [lowOnly]);
    const { files } = await stores.documents.get("lora", resized.digest);
    expect(files?.map(({ role }) => role)).toEqual(["low"]);
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
