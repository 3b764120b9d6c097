import { UserError } from "@loramill/contracts";
import { isFloatDtype, readSafetensors, type SafetensorsFile, toFloat32 } from "@loramill/lora";
import type { ModelDescription } from "./model-files.ts";

/** One stacked matrix of the graphs: `<target>.lora_A` [blocks, rank, inputs] or `<target>.lora_B` [blocks, outputs, rank]. */
export interface Stacked {
  readonly name: string;
  readonly shape: readonly [number, number, number];
  readonly values: Float32Array;
}

export interface AppliedFile {
  readonly weights: Uint8Array;
  readonly strength: number;
}

/** Key of one block's matrix in a LoRA file. */
export function keyOf(block: number, target: string, part: "lora_A.weight" | "lora_B.weight" | "alpha"): string {
  return `transformer.blocks.${block}.${target}.${part}`;
}

/**
 * Several LoRAs as one, exactly: the ranks side by side, each B multiplied by strength · alpha / rank. No LoRA is rank 1
 * of zeros. UserError `lora-mismatch` when a file was not made for this model.
 */
export function stackLoras(model: ModelDescription, files: readonly AppliedFile[]): Stacked[] {
  const opened = files.map(({ weights, strength }) => openLora(model, readSafetensors(weights), strength));
  const rank = opened.reduce((sum, lora) => sum + lora.rank, 0) || 1;
  const blocks = model.dimensions.blocks;
  return model.lora.targets.flatMap(({ name, inputs, outputs }) => {
    const a = new Float32Array(blocks * rank * inputs);
    const b = new Float32Array(blocks * outputs * rank);
    for (let block = 0; block < blocks; block += 1) {
      let before = 0;
      for (const lora of opened) {
        const pair = lora.read(block, name);
        a.set(pair.a, (block * rank + before) * inputs);
        for (let row = 0; row < outputs; row += 1) {
          for (let column = 0; column < lora.rank; column += 1) {
            b[(block * outputs + row) * rank + before + column] = (pair.b[row * lora.rank + column] ?? 0) * lora.scale;
          }
        }
        before += lora.rank;
      }
    }
    return [
      { name: `${name}.lora_A`, shape: [blocks, rank, inputs] as const, values: a },
      { name: `${name}.lora_B`, shape: [blocks, outputs, rank] as const, values: b },
    ];
  });
}

interface OpenedLora {
  readonly rank: number;
  readonly scale: number;
  read(block: number, target: string): { a: Float32Array; b: Float32Array };
}

function openLora(model: ModelDescription, file: SafetensorsFile, strength: number): OpenedLora {
  const [first] = model.lora.targets;
  const rank = file.tensors.get(keyOf(0, first?.name ?? "", "lora_A.weight"))?.shape[0] ?? 0;
  checkKeys(model, file, rank);
  const valuesOf = (key: string): Float32Array => {
    const tensor = file.tensors.get(key);
    if (!tensor || !isFloatDtype(tensor.dtype)) throw mismatch(`${key} is not a float tensor`);
    return toFloat32(tensor.dtype, tensor.data);
  };
  const alphaKey = keyOf(0, first?.name ?? "", "alpha");
  const alpha = file.tensors.has(alphaKey) ? (valuesOf(alphaKey)[0] ?? rank) : rank;
  return {
    rank,
    scale: (strength * alpha) / rank,
    read: (block, target) => ({
      a: valuesOf(keyOf(block, target, "lora_A.weight")),
      b: valuesOf(keyOf(block, target, "lora_B.weight")),
    }),
  };
}

function checkKeys(model: ModelDescription, file: SafetensorsFile, rank: number): void {
  let fitting = 0;
  let wanted = 0;
  for (let block = 0; block < model.dimensions.blocks; block += 1) {
    for (const { name, inputs, outputs } of model.lora.targets) {
      wanted += 2;
      const a = file.tensors.get(keyOf(block, name, "lora_A.weight"))?.shape;
      const b = file.tensors.get(keyOf(block, name, "lora_B.weight"))?.shape;
      if (a?.length === 2 && a[0] === rank && a[1] === inputs) fitting += 1;
      if (b?.length === 2 && b[0] === outputs && b[1] === rank) fitting += 1;
    }
  }
  if (rank > 0 && fitting === wanted) return;
  throw mismatch(`${fitting} of the ${wanted} matrices that it needs are there and have the right size`);
}

function mismatch(why: string): UserError {
  return new UserError(`this LoRA was not made for the pocket model: ${why}`, { code: "lora-mismatch" });
}
