import { type ModulePlace, place, range } from "./module-place.ts";

/** Modules of a CLIP text encoder. SD1 and the first of SDXL have 12 layers (CLIP-L), SD2 23, the second of SDXL 32. */
export function clipModules(layers: number): ModulePlace[] {
  const leaves = [
    ...["q_proj", "k_proj", "v_proj", "out_proj"].map((leaf) => `self_attn.${leaf}`),
    "mlp.fc1",
    "mlp.fc2",
    "layer_norm1",
    "layer_norm2",
  ];
  return range(layers).flatMap((i) => leaves.map((leaf) => place(`text_model.encoder.layers.${i}.${leaf}`)));
}

/** Modules of the T5-XXL encoder of SD3 and Flux: 24 blocks. */
export function t5Modules(): ModulePlace[] {
  const leaves = [
    ...["q", "k", "v", "o"].map((leaf) => `layer.0.SelfAttention.${leaf}`),
    ...["wi_0", "wi_1", "wo"].map((leaf) => `layer.1.DenseReluDense.${leaf}`),
  ];
  return range(24).flatMap((i) => leaves.map((leaf) => place(`encoder.block.${i}.${leaf}`)));
}
