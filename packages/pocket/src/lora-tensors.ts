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
 * of zeros. UserError `lora-mismatch` when a file was not made for this model, `lora-broken` when it holds a NaN.
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
          const to = (block * outputs + row) * rank + before;
          for (let column = 0; column < lora.rank; column += 1) {
            b[to + column] = (pair.b[row * lora.rank + column] ?? 0) * pair.scale;
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
  read(block: number, target: string): { a: Float32Array; b: Float32Array; scale: number };
}

function openLora(model: ModelDescription, file: SafetensorsFile, strength: number): OpenedLora {
  const [first] = model.lora.targets;
  const rank = file.tensors.get(keyOf(0, first?.name ?? "", "lora_A.weight"))?.shape[0] ?? 0;
  checkKeys(model, file, rank);
  const valuesOf = (key: string): Float32Array => {
    const tensor = file.tensors.get(key);
    if (!tensor || !isFloatDtype(tensor.dtype)) throw mismatch(`${key} is not a float tensor`);
    const values = toFloat32(tensor.dtype, tensor.data);
    if (values.every(Number.isFinite)) return values;
    throw new UserError(`this LoRA is broken: ${key} holds values that are not numbers; train it again`, {
      code: "lora-broken",
    });
  };
  return {
    rank,
    read(block, target) {
      const alphaKey = keyOf(block, target, "alpha");
      const alpha = file.tensors.has(alphaKey) ? (valuesOf(alphaKey)[0] ?? rank) : rank;
      return {
        a: valuesOf(keyOf(block, target, "lora_A.weight")),
        b: valuesOf(keyOf(block, target, "lora_B.weight")),
        scale: (strength * alpha) / rank,
      };
    },
  };
}

/** A file must have every matrix of the model at one rank, and none that would be left out. */
function checkKeys(model: ModelDescription, file: SafetensorsFile, rank: number): void {
  const wanted = new Map<string, readonly [number, number]>();
  for (let block = 0; block < model.dimensions.blocks; block += 1) {
    for (const { name, inputs, outputs } of model.lora.targets) {
      wanted.set(keyOf(block, name, "lora_A.weight"), [rank, inputs]);
      wanted.set(keyOf(block, name, "lora_B.weight"), [outputs, rank]);
    }
  }
  const fits = ([key, [rows, columns]]: [string, readonly [number, number]]) => {
    const shape = file.tensors.get(key)?.shape;
    return shape?.length === 2 && shape[0] === rows && shape[1] === columns;
  };
  const fitting = rank > 0 ? [...wanted].filter(fits).length : 0;
  if (fitting < wanted.size) {
    throw mismatch(`${fitting} of the ${wanted.size} matrices that it needs are there and have the right size`);
  }
  const others = [...file.tensors.keys()].filter((key) => key.endsWith(".weight") && !wanted.has(key));
  if (others.length > 0) throw mismatch(`the model has no place for ${others.length} of its matrices (${others[0]})`);
}

function mismatch(why: string): UserError {
  return new UserError(`this LoRA was not made for the pocket model: ${why}`, { code: "lora-mismatch" });
}
