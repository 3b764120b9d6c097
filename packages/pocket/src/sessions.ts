import "./silent-runtime.ts";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import type { ModelFiles } from "./model-files.ts";

/** Values by the names of a graph's ports. */
export type Feeds = Record<string, ort.Tensor>;

export type GraphName = "denoise" | "lora-train-step";

export interface Graph {
  run(feeds: Feeds): Promise<Feeds>;
  /** Gives its memory back. */
  close(): Promise<void>;
}

/**
 * Opens a graph of the model. The file is given by path, so that the shared weights beside it are found. Threads do not
 * spin while they wait: on a busy machine spinning takes the time of whoever they wait for. Planning memory ahead for
 * each size of a batch costs 100 MB and saves nothing measurable, so that is off.
 */
export async function openGraph(files: ModelFiles, name: GraphName, threads: number): Promise<Graph> {
  const session = await ort.InferenceSession.create(join(files.dir, files.model.graphs[name].file), {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    enableMemPattern: false,
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  });
  return {
    run: async (feeds) => (await session.run(feeds)) as Feeds,
    close: () => session.release(),
  };
}

export function floats(values: Float32Array, shape: readonly number[]): ort.Tensor {
  return new ort.Tensor("float32", values, shape);
}

export function integers(values: BigInt64Array, shape: readonly number[]): ort.Tensor {
  return new ort.Tensor("int64", values, shape);
}

export function scalar(value: number): ort.Tensor {
  return new ort.Tensor("float32", Float32Array.of(value), []);
}

export function floatsOf(tensor: ort.Tensor | undefined): Float32Array {
  if (!(tensor?.data instanceof Float32Array)) throw new TypeError("the graph did not answer float32 values");
  return tensor.data;
}
