import { describe, expect, it } from "vitest";
import { type ByteSource, memorySource } from "../byte-source.ts";
import { mergeIntoFile } from "../checkpoints/merge-into-file.ts";
import { writeSafetensors } from "../safetensors/write-safetensors.ts";
import { runModuleHere as runModule } from "../threads/module-work.ts";
import { validateStored } from "../validate/validate-lora.ts";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

interface Shape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A safetensors file of F16 zeros that is nowhere: only its header is kept, and how much was asked for at once. */
function largeFile(shapes: readonly Shape[]) {
  let at = 0;
  const entries = shapes.map(({ name, shape }) => {
    const bytes = 2 * shape.reduce((product, side) => product * side, 1);
    at += bytes;
    return [name, { dtype: "F16", shape, data_offsets: [at - bytes, at] }] as const;
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const head = Buffer.alloc(8 + json.length);
  head.writeBigUInt64LE(BigInt(json.length));
  json.copy(head, 8);
  const reads: number[] = [];
  const zeros = new Uint8Array(64 * MIB);
  const source: ByteSource = {
    size: head.length + at,
    bytes: async (from, to) => {
      reads.push(to - from);
      if (from >= head.length) return zeros.subarray(0, to - from);
      return Buffer.concat([head.subarray(from, to), zeros.subarray(0, Math.max(0, to - head.length))]);
    },
  };
  return { source, reads };
}

describe("files that are larger than memory", () => {
  it("take a LoRA into 6 GiB of weights while no more than a piece or one weight of them is held", async () => {
    const weight = "single_transformer_blocks.0.attn.to_q.weight";
    const bystanders = Array.from({ length: 12 }, (_, i) => ({ name: `other.${i}`, shape: [16_384, 16_384] }));
    const { source, reads } = largeFile([...bystanders, { name: weight, shape: [64, 3072] }]);
    expect(source.size).toBeGreaterThan(6 * GIB);
    const one = new Uint8Array(2 * 3072).fill(0x3c);
    const module = "transformer.single_transformer_blocks.0.attn.to_q";
    const lora = writeSafetensors([
      { name: `${module}.lora_A.weight`, dtype: "F16", shape: [1, 3072], data: one },
      { name: `${module}.lora_B.weight`, dtype: "F16", shape: [64, 1], data: one.subarray(0, 128) },
    ]);
    const { file, modules } = await mergeIntoFile(source, [{ name: "dog", source: memorySource(lora), weight: 1 }], {
      ...{ name: "made", leaveOut: false, runModule },
    });
    let written = 0;
    let isChanged = false;
    for await (const chunk of file.chunks) {
      written += chunk.length;
      if (chunk.length === 2 * 64 * 3072) isChanged = chunk.some((byte) => byte !== 0);
    }
    expect([modules, written, isChanged]).toEqual([1, file.size, true]);
    expect(Math.max(...reads)).toBeLessThanOrEqual(4 * MIB);
  });

  it("are looked at value by value, in pieces, and their dead modules found", async () => {
    const module = "transformer.single_transformer_blocks.0.proj_mlp";
    const { source, reads } = largeFile([
      { name: `${module}.lora_A.weight`, shape: [8192, 3072] },
      { name: `${module}.lora_B.weight`, shape: [4, 8192] },
    ]);
    const told: number[] = [];
    const { findings, coverage } = await validateStored(
      source,
      {},
      { runModule, ahead: 2, onProgress: ({ done, total }) => told.push(done / total) },
    );
    expect(findings.map(({ code }) => code)).toEqual(["untrained"]);
    expect(coverage).toMatchObject({ family: "flux", loaded: 2, total: 2 });
    expect(told.at(-1)).toBe(1);
    expect(Math.max(...reads)).toBeLessThanOrEqual(4 * MIB);
  });
});
