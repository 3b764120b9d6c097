import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { SHIPPED_MODEL } from "../src/model-files.ts";

const Vectors = z.object({
  captions: z.array(z.string()),
  scalars: z.object({ learning_rate: z.number(), step: z.number(), scale: z.number() }),
  loss: z.number(),
  grad_norm: z.number(),
  tensors: z.record(z.string(), z.object({ shape: z.array(z.int()), offset: z.int() })),
  tolerance: z.object({ velocity: z.number(), new: z.number() }),
  picture: z.object({ width: z.int(), height: z.int(), rgb: z.array(z.int()) }),
  tokenizer: z.array(z.object({ text: z.string(), ids: z.array(z.int()) })),
  fnv1a32: z.record(z.string(), z.int()),
});

const content = readFileSync(join(SHIPPED_MODEL, "vectors.bin"));

/** What the Python side computed with the shipped weights, exported beside them. */
export const vectors = Vectors.parse(JSON.parse(readFileSync(join(SHIPPED_MODEL, "vectors.json"), "utf8")));

export function vector(name: string): { shape: number[]; values: Float32Array } {
  const found = vectors.tensors[name];
  if (!found) throw new RangeError(`no vector ${name}`);
  const count = found.shape.reduce((product, size) => product * size, 1);
  const bytes = content.subarray(found.offset, found.offset + 4 * count);
  return { shape: found.shape, values: new Float32Array(new Uint8Array(bytes).buffer) };
}

/** Largest difference, relative to the largest value expected. */
export function relativeError(found: Float32Array, expected: Float32Array): number {
  const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const worst = expected.reduce(
    (max, value, index) => Math.max(max, Math.abs(value - (found[index] ?? Number.NaN))),
    0,
  );
  return found.length === expected.length ? worst / largest : Number.NaN;
}
