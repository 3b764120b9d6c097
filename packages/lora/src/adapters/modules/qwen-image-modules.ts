import { type ModulePlace, place, range } from "./module-place.ts";

const leaves = [
  ...["to_q", "to_k", "to_v", "to_out.0", "add_q_proj", "add_k_proj", "add_v_proj", "to_add_out"].map(
    (leaf) => `attn.${leaf}`,
  ),
  ...["img", "txt"].flatMap((stream) => [`${stream}_mlp.net.0.proj`, `${stream}_mlp.net.2`, `${stream}_mod.1`]),
];

/** Modules of Qwen-Image: 60 blocks, the same names everywhere. */
export function qwenImageModules(): ModulePlace[] {
  return range(60).flatMap((i) => leaves.map((leaf) => place(`transformer_blocks.${i}.${leaf}`)));
}
