import { type ModulePlace, place, range } from "./module-place.ts";

/** Blocks of the Wan 2.x models by size. */
export const wanBlocks = { "1.3b": 30, "5b": 30, "14b": 40 } as const;

const attentionLeaves = [
  ["q", "to_q"],
  ["k", "to_k"],
  ["v", "to_v"],
  ["o", "to_out.0"],
] as const;

/** Modules of Wan 2.x; those of picture conditioning (`k_img`, `v_img`, `img_emb`) are there in image-to-video models. */
export function wanModules(blocks: number): ModulePlace[] {
  const inner = range(blocks).flatMap((i) => {
    const at = `blocks.${i}`;
    return [
      ...attentionLeaves.map(([native, part]) => place(`${at}.self_attn.${native}`, `${at}.attn1.${part}`)),
      ...attentionLeaves.map(([native, part]) => place(`${at}.cross_attn.${native}`, `${at}.attn2.${part}`)),
      place(`${at}.cross_attn.k_img`, `${at}.attn2.add_k_proj`),
      place(`${at}.cross_attn.v_img`, `${at}.attn2.add_v_proj`),
      place(`${at}.ffn.0`, `${at}.ffn.net.0.proj`),
      place(`${at}.ffn.2`, `${at}.ffn.net.2`),
    ];
  });
  return [
    place("patch_embedding"),
    place("text_embedding.0", "condition_embedder.text_embedder.linear_1"),
    place("text_embedding.2", "condition_embedder.text_embedder.linear_2"),
    place("time_embedding.0", "condition_embedder.time_embedder.linear_1"),
    place("time_embedding.2", "condition_embedder.time_embedder.linear_2"),
    place("time_projection.1", "condition_embedder.time_proj"),
    place("img_emb.proj.1", "condition_embedder.image_embedder.ff.net.0.proj"),
    place("img_emb.proj.3", "condition_embedder.image_embedder.ff.net.2"),
    ...inner,
    place("head.head", "proj_out"),
  ];
}
