import { dtypeBits } from "../safetensors/dtypes.ts";
import type { Adapter, AdapterTensor } from "./adapter.ts";

/**
 * xlabs' Flux files put LoRAs into attention processors: `lora1` of a double block works on the picture's stream,
 * `lora2` on the text's. In single blocks `qkv` covers only the attention rows of `linear1`, without those of the MLP.
 */
const streams = [
  ["1", "img"],
  ["2", "txt"],
] as const;

const READ = /^(?:diffusion_model\.)?(double|single)_blocks\.(\d+)\.processor\.(qkv|proj)_lora([12]?)$/;

/** BFL's path of the module an xlabs stem works on; null for stems of other dialects. */
export function xlabsToNative(stem: string): string | null {
  const [, blocks, block, what, which] = READ.exec(stem) ?? [];
  if (blocks === "single" && which === "") {
    return `single_blocks.${block}.${what === "qkv" ? "linear1" : "linear2"}`;
  }
  const stream = blocks === "double" ? streams.find(([number]) => number === which)?.[1] : undefined;
  return stream === undefined ? null : `double_blocks.${block}.${stream}_attn.${what}`;
}

/** The xlabs stem for a path of BFL's; null where xlabs has none. */
export function nativeToXlabs(path: string): string | null {
  const double = /^double_blocks\.(\d+)\.(img|txt)_attn\.(qkv|proj)$/.exec(path);
  if (double) {
    const number = streams.find(([, stream]) => stream === double[2])?.[0];
    return `double_blocks.${double[1]}.processor.${double[3]}_lora${number}`;
  }
  const single = /^single_blocks\.(\d+)\.(linear1|linear2)$/.exec(path);
  return single && `single_blocks.${single[1]}.processor.${single[2] === "linear1" ? "qkv" : "proj"}_lora`;
}

/** Rows of `linear1` for each row of its q, k and v together: 3 of attention, 4 of the MLP. */
const LINEAR1_PER_QKV = 7 / 3;

/** Gives the up matrix of a single block's qkv the rows of the MLP, which it does not change. */
export function padToLinear1(adapter: Adapter): Adapter {
  const { up } = adapter.tensors;
  if (up === undefined) return adapter;
  return {
    ...adapter,
    tensors: { ...adapter.tensors, up: withRows(up, Math.round((up.shape[0] ?? 0) * LINEAR1_PER_QKV)) },
  };
}

/** The other way; null when the adapter changes the MLP, which xlabs' format cannot say. */
export function cutToQkv(adapter: Adapter): Adapter | null {
  const { up } = adapter.tensors;
  const rows = Math.round((up?.shape[0] ?? 0) / LINEAR1_PER_QKV);
  if (up === undefined) return null;
  const kept = (up.data.length / (up.shape[0] ?? 1)) * rows;
  if (up.data.subarray(kept).some((byte) => byte !== 0)) return null;
  return { ...adapter, tensors: { ...adapter.tensors, up: withRows(up, rows) } };
}

function withRows(tensor: AdapterTensor, rows: number): AdapterTensor {
  const [, ...rest] = tensor.shape;
  const data = new Uint8Array((rest.reduce((product, size) => product * size, rows) * dtypeBits[tensor.dtype]) / 8);
  data.set(tensor.data.subarray(0, data.length));
  return { dtype: tensor.dtype, shape: [rows, ...rest], data };
}
