import { execFile } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Adapter, fromFloat32, loaded, mergeLoras, runModuleHere } from "@loramill/lora";
import { halves, type Layer } from "./sdxl-lora.ts";

/** Largest difference of what both keep of a module, in parts of it. */
const SAME = 1e-3;

export interface SvdMerge {
  /** Every so many of a model's layers, so that all shapes are there. */
  readonly layers: readonly Layer[];
  readonly rank: number;
  readonly weights: readonly number[];
  readonly folder: string;
}

/**
 * The time of our merge by svd, in this one thread, by that of numpy's dense route, with all the threads it likes, over the
 * same factors; null where there is no python3 with numpy. Throws when the two do not keep the same.
 */
export async function svdAgainstNumpy({ layers, rank, weights, folder }: SvdMerge): Promise<number | null> {
  const factors = layers.flatMap((layer, at) => weights.map((_, input) => factorsOf(layer, rank, at * 64 + input)));
  const file = join(folder, "factors.f32");
  await writeFile(file, Buffer.concat(factors.flatMap(({ up, down }) => [up, down].map(bytesOf))));
  const modules = layers.map(({ out, inputs }) => ({ out, inputs }));
  const theirs = await runNumpy({ factors: file, rank, weights, modules });
  if (theirs === null) return null;

  const inputs = weights.map((weight, input) => ({
    weight,
    adapters: layers.map((layer, at) => {
      const { up, down } = factors[at * weights.length + input] ?? { up: new Float32Array(), down: new Float32Array() };
      return loaded(adapterOf(layer, rank, up, down));
    }),
  }));
  const merged = mergeLoras(inputs, { method: { kind: "svd", rank }, seed: "bench", runModule: runModuleHere });
  const started = performance.now();
  const adapters: Adapter[] = [];
  for (const adapter of merged) adapters.push(await adapter.load());
  const seconds = (performance.now() - started) / 1_000;
  for (const [at, energy] of theirs.energies.entries()) {
    const kept = energyOf(adapters[at] as Adapter);
    if (Math.abs(kept - energy) > SAME * energy) throw new Error(`module ${at} keeps ${kept}, with numpy ${energy}`);
  }
  return seconds / theirs.seconds;
}

interface Numpy {
  readonly seconds: number;
  readonly energies: readonly number[];
}

async function runNumpy(request: object): Promise<Numpy | null> {
  const script = fileURLToPath(new URL("./dense_svd.py", import.meta.url));
  const child = execFile("python3", [script]);
  let answer = "";
  child.stdout?.on("data", (text: string) => {
    answer += text;
  });
  child.stdin?.on("error", () => {});
  child.stdin?.end(JSON.stringify(request));
  try {
    const [code] = await once(child, "close");
    return code === 0 ? (JSON.parse(answer) as Numpy) : null;
  } catch {
    // There is no python3.
    return null;
  }
}

const bytesOf = (values: Float32Array) => new Uint8Array(values.buffer);

function factorsOf({ out, inputs }: Layer, rank: number, seed: number): { up: Float32Array; down: Float32Array } {
  const floats = (count: number, which: number) => {
    return Float32Array.from(new Float16Array(halves(count, 2 * seed + which).buffer));
  };
  return { up: floats(out * rank, 0), down: floats(rank * inputs, 1) };
}

function adapterOf({ name, out, inputs }: Layer, rank: number, up: Float32Array, down: Float32Array): Adapter {
  return {
    module: name,
    kind: "lora",
    rank,
    alpha: rank,
    tensors: {
      up: { dtype: "F32", shape: [out, rank], data: fromFloat32("F32", up) },
      down: { dtype: "F32", shape: [rank, inputs], data: fromFloat32("F32", down) },
    },
  };
}

/** Sum of squares of up · down whose columns and rows are orthogonal: of the products of their lengths. */
function energyOf({ rank, tensors }: Adapter): number {
  const [up, down] = [tensors.up, tensors.down].map(
    (tensor) => new Float32Array((tensor?.data ?? new Uint8Array()).buffer),
  );
  const upSquares = new Float64Array(rank);
  up?.forEach((value, i) => {
    upSquares[i % rank] = (upSquares[i % rank] as number) + value * value;
  });
  const inputs = (down?.length ?? 0) / rank;
  let energy = 0;
  for (let row = 0; row < rank; row += 1) {
    const square = down?.subarray(row * inputs, (row + 1) * inputs).reduce((sum, value) => sum + value * value, 0) ?? 0;
    energy += square * (upSquares[row] as number);
  }
  return energy;
}
