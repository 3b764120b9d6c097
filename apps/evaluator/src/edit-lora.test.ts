import { editLoraJob, LoraOperation } from "@loramill/contracts";
import { readSafetensors } from "@loramill/lora";
import { fakeJobContext } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { fluxLora, openTools } from "../test/support/open-tools.ts";
import { editLora } from "./edit-lora.ts";

async function open(maxBytes?: number) {
  const tools = await openTools(maxBytes);
  const put = async (name: string, seed: number) => ({ name, document: await tools.putLora(name, fluxLora(seed)) });
  const loras = [await put("dog", 1), await put("ink", 2)];
  const edit = (operation: object, count = 2, ctx = fakeJobContext()) => {
    const from = loras.slice(0, count).map(({ document }) => ({ document, weight: 0.5 }));
    const input = editLoraJob.input.parse({
      params: { name: "both", operation: LoraOperation.parse(operation), from },
    });
    return editLora(input, tools, ctx);
  };
  return { stores: tools.stores, loras, edit };
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
