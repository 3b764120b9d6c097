import type { Dtype } from "../safetensors/dtypes.ts";

/**
 * How an adapter changes the weight of its module. `lora`: up · down (also convolutions and Tucker form); `loha`: the
 * element-wise product of two such products; `lokr`: a Kronecker product; `full`: whole differences, no factors.
 * DoRA is not a kind: it is any of these with a `dora_scale` tensor.
 */
export type AdapterKind = "lora" | "loha" | "lokr" | "full";

/**
 * What one tensor is to its adapter, whatever the file calls it. Shapes, with r the rank: `down` [r, in, …kernel],
 * `up` [out, r, …1], `mid` [r, r, …kernel] (Tucker), `hada_w1_a`/`hada_w2_a` [out, r], `hada_w1_b`/`hada_w2_b` [r, in].
 */
export const adapterParts = [
  "down",
  "up",
  "mid",
  "alpha",
  "dora_scale",
  "up_bias",
  "reshape_weight",
  "hada_w1_a",
  "hada_w1_b",
  "hada_w2_a",
  "hada_w2_b",
  "hada_t1",
  "hada_t2",
  "lokr_w1",
  "lokr_w1_a",
  "lokr_w1_b",
  "lokr_w2",
  "lokr_w2_a",
  "lokr_w2_b",
  "lokr_t2",
  "diff",
  "diff_b",
  "set_weight",
  "w_norm",
  "b_norm",
] as const;
export type AdapterPart = (typeof adapterParts)[number];

/** Name-free tensor: what a file says of it, without (`TensorOutline`) or with its little-endian bytes. */
export interface TensorOutline {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}
export interface AdapterTensor extends TensorOutline {
  readonly data: Uint8Array;
}

/** One module's adapter as far as names and shapes tell: all that a header gives. */
export interface AdapterOutline<T extends TensorOutline = TensorOutline> {
  /**
   * The module it changes: component and dotted path, the same for all dialects of one layout, as
   * `unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q`. A name that could not be resolved stays as the
   * file has it.
   */
  readonly module: string;
  readonly kind: AdapterKind;
  /** Inner dimension, at least 1; 0 for `full`, and for `lokr` with both factors whole. */
  readonly rank: number;
  readonly tensors: Readonly<Partial<Record<AdapterPart, T>>>;
}

/** One module's adapter with its values. */
export interface Adapter extends AdapterOutline<AdapterTensor> {
  /** The change is multiplied by alpha / rank; null when the file has no alpha: by 1. */
  readonly alpha: number | null;
}

/** What alpha and the rank multiply the product of the factors by. */
export function adapterScale(adapter: Adapter): number {
  return adapter.alpha === null || adapter.rank === 0 ? 1 : adapter.alpha / adapter.rank;
}
