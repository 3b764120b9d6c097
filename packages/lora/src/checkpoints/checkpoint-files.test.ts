import { describe, expect, it } from "vitest";
import { randomTensor, seeded } from "../../test/support/random-lora.ts";
import { writeAdapters } from "../adapters/write-adapters.ts";
import { memorySource } from "../byte-source.ts";
import { readSafetensors } from "../safetensors/read-safetensors.ts";
import { toFloat32 } from "../safetensors/tensor-values.ts";
import { type ByteStream, type TensorToWrite, writeSafetensors } from "../safetensors/write-safetensors.ts";
import { openLora } from "../streams/open-lora.ts";
import { runModuleHere as runModule } from "../threads/module-work.ts";
import { compareLoras } from "../tools/compare-loras.ts";
import { extractFromFiles } from "./extract-from-files.ts";
import { mergeIntoFile } from "./merge-into-file.ts";

const LAYER = "text_encoder_2.text_model.encoder.layers.3";
const BLOCK = "conditioner.embedders.1.model.transformer.resblocks.3";
const ATTENTION = "model.diffusion_model.middle_block.1.transformer_blocks.0.attn1.to_q.weight";

/** A piece of SDXL in one file: of the U-Net, and of the text encoder that OpenCLIP trained. */
function base(): Uint8Array {
  const random = seeded(1);
  const tensor = (name: string, shape: readonly number[]): TensorToWrite => ({ name, ...randomTensor(random, shape) });
  return writeSafetensors([
    tensor(`${BLOCK}.attn.in_proj_weight`, [12, 4]),
    tensor(`${BLOCK}.attn.in_proj_bias`, [12]),
    tensor(`${BLOCK}.mlp.c_fc.weight`, [8, 4]),
    tensor(ATTENTION, [4, 4]),
  ]);
}

function lora(...modules: readonly { readonly module: string; readonly rows: number }[]): Uint8Array {
  const random = seeded(2);
  const adapters = modules.map(({ module, rows }) => {
    const tensors = { down: randomTensor(random, [2, 4]), up: randomTensor(random, [rows, 2]) };
    return { module, kind: "lora" as const, rank: 2, alpha: 1, tensors };
  });
  const family = { family: "sdxl", variant: null, from: "modelspec.architecture" } as const;
  const { tensors } = writeAdapters({ adapters, dialect: "kohya", family }, "kohya");
  return writeSafetensors(tensors, { "modelspec.architecture": "stable-diffusion-xl-v1-base/lora" });
}

async function bytesOf({ size, chunks }: ByteStream): Promise<Uint8Array> {
  const bytes = Buffer.concat(await Array.fromAsync(chunks));
  expect(bytes.length).toBe(size);
  return bytes;
}

const value = { module: `${LAYER}.self_attn.v_proj`, rows: 4 };
const others = [
  { module: `${LAYER}.mlp.fc1`, rows: 8 },
  { module: "unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q", rows: 4 },
];
const merge = (file: Uint8Array, leaveOut = false) =>
  mergeIntoFile(memorySource(base()), [{ name: "dog", source: memorySource(file), weight: 0.5 }], {
    ...{ name: "tuned", leaveOut, runModule },
  });

describe("single files of SDXL", () => {
  it("take what changes v into the last rows of the matrix that holds q, k and v", async () => {
    const { file, modules, notes } = await merge(lora(value));
    expect([modules, notes]).toEqual([1, []]);
    const [before, after] = [readSafetensors(base()), readSafetensors(await bytesOf(file))];
    expect([...after.tensors.values()].map(({ name, shape }) => [name, shape])).toEqual(
      [...before.tensors.values()].map(({ name, shape }) => [name, shape]),
    );
    const name = `${BLOCK}.attn.in_proj_weight`;
    const [was = [], is = []] = [before, after].map(({ tensors }) => {
      return [...toFloat32("F32", tensors.get(name)?.data ?? new Uint8Array())];
    });
    expect(is.slice(0, 32)).toEqual(was.slice(0, 32));
    expect(is.slice(32).filter((each, i) => each === was[32 + i])).toEqual([]);
  });

  it("give back what was merged into them", async () => {
    const merged = lora(value, ...others);
    const tuned = memorySource(await bytesOf((await merge(merged)).file));
    const { file, family, modules } = await extractFromFiles({
      original: { name: "base", source: memorySource(base()) },
      tuned: { name: "tuned", source: tuned },
      ...{ name: "found", rank: 2, dtype: "F32", runModule },
    });
    // q and k did not change, but the encoder that they belong to did.
    expect([family, modules]).toEqual(["sdxl", 5]);
    const [a, b] = await Promise.all(
      [merged, await bytesOf(file)].map(async (bytes) => (await openLora(memorySource(bytes))).adapters),
    );
    const { whole } = await compareLoras(a ?? [], b ?? [], { runModule });
    expect(whole.cosine).toBeCloseTo(1, 4);
    expect(whole.normB / whole.normA).toBeCloseTo(0.5, 4);
  });

  it("refuse what they have no weight for, unless it may be left out", async () => {
    const file = lora(value, { module: `${LAYER}.mlp.fc2`, rows: 4 });
    await expect(merge(file)).rejects.toMatchObject({ code: "no-weight" });
    expect((await merge(file, true)).notes).toEqual([expect.stringContaining(`${LAYER}.mlp.fc2 was left out`)]);
    await expect(merge(lora({ module: `${LAYER}.mlp.fc2`, rows: 4 }), true)).rejects.toThrow(/another base model/);
  });
});
