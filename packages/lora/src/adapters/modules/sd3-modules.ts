import { type ModulePlace, place, range } from "./module-place.ts";

export interface Sd3Layout {
  readonly blocks: number;
  /** How many of the first blocks have a second self-attention of the picture (3.5 Medium: 13). */
  readonly dualBlocks: number;
}

export const sd3Layouts = {
  medium: { blocks: 24, dualBlocks: 0 },
  "3.5-medium": { blocks: 24, dualBlocks: 13 },
  "3.5-large": { blocks: 38, dualBlocks: 0 },
} as const satisfies Record<string, Sd3Layout>;

/** Modules of Stable Diffusion 3: joint blocks of a picture and a text stream. */
export function sd3Modules({ blocks, dualBlocks }: Sd3Layout): ModulePlace[] {
  const joint = range(blocks).flatMap((i): ModulePlace[] => {
    const x = `joint_blocks.${i}.x_block`;
    const context = `joint_blocks.${i}.context_block`;
    const to = `transformer_blocks.${i}`;
    const isLast = i === blocks - 1;
    const qkv = (attention: string, leaves: readonly string[]) => leaves.map((leaf) => `${to}.${attention}.${leaf}`);
    return [
      { native: `${x}.attn.qkv`, parts: qkv("attn", ["to_q", "to_k", "to_v"]) },
      place(`${x}.attn.proj`, `${to}.attn.to_out.0`),
      place(`${x}.mlp.fc1`, `${to}.ff.net.0.proj`),
      place(`${x}.mlp.fc2`, `${to}.ff.net.2`),
      place(`${x}.adaLN_modulation.1`, `${to}.norm1.linear`),
      ...(i < dualBlocks
        ? [
            { native: `${x}.attn2.qkv`, parts: qkv("attn2", ["to_q", "to_k", "to_v"]) },
            place(`${x}.attn2.proj`, `${to}.attn2.to_out.0`),
          ]
        : []),
      { native: `${context}.attn.qkv`, parts: qkv("attn", ["add_q_proj", "add_k_proj", "add_v_proj"]) },
      // The last block's text stream ends there: it has no output, and its modulation is that of a final layer.
      ...(isLast
        ? [
            {
              native: `${context}.adaLN_modulation.1`,
              parts: [`${to}.norm1_context.linear`],
              swapsHalves: true as const,
            },
          ]
        : [
            place(`${context}.attn.proj`, `${to}.attn.to_add_out`),
            place(`${context}.mlp.fc1`, `${to}.ff_context.net.0.proj`),
            place(`${context}.mlp.fc2`, `${to}.ff_context.net.2`),
            place(`${context}.adaLN_modulation.1`, `${to}.norm1_context.linear`),
          ]),
    ];
  });
  return [
    place("x_embedder.proj", "pos_embed.proj"),
    place("context_embedder"),
    place("t_embedder.mlp.0", "time_text_embed.timestep_embedder.linear_1"),
    place("t_embedder.mlp.2", "time_text_embed.timestep_embedder.linear_2"),
    place("y_embedder.mlp.0", "time_text_embed.text_embedder.linear_1"),
    place("y_embedder.mlp.2", "time_text_embed.text_embedder.linear_2"),
    ...joint,
    { native: "final_layer.adaLN_modulation.1", parts: ["norm_out.linear"], swapsHalves: true },
    place("final_layer.linear", "proj_out"),
  ];
}
