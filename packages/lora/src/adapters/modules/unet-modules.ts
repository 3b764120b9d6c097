import { type ModulePlace, place, range } from "./module-place.ts";

/** What differs between the U-Nets of Stable Diffusion. */
export interface UnetLayout {
  /** Transformer blocks in each attention of each down block; 0 where a block has no attention. Up is its mirror. */
  readonly depths: readonly number[];
  readonly middleDepth: number;
  /** SDXL has an embedding of size and crop. */
  readonly hasAddedEmbedding: boolean;
}

export const sdUnet: UnetLayout = { depths: [1, 1, 1, 0], middleDepth: 1, hasAddedEmbedding: false };
export const sdxlRefinerUnet: UnetLayout = { depths: [0, 4, 4, 0], middleDepth: 4, hasAddedEmbedding: true };
export const sdxlUnet: UnetLayout = { depths: [0, 2, 10], middleDepth: 10, hasAddedEmbedding: true };

const transformerLeaves = [
  ...["attn1", "attn2"].flatMap((attention) =>
    ["to_q", "to_k", "to_v", "to_out.0"].map((leaf) => `${attention}.${leaf}`),
  ),
  "ff.net.0.proj",
  "ff.net.2",
  "norm1",
  "norm2",
  "norm3",
];

/** Diffusers' names of the leaves of a residual block, by SGM's. */
const resnetLeaves = [
  ["in_layers.0", "norm1"],
  ["in_layers.2", "conv1"],
  ["emb_layers.1", "time_emb_proj"],
  ["out_layers.0", "norm2"],
  ["out_layers.3", "conv2"],
  ["skip_connection", "conv_shortcut"],
] as const;

const resnet = (native: string, diffusers: string): ModulePlace[] =>
  resnetLeaves.map(([ours, theirs]) => place(`${native}.${ours}`, `${diffusers}.${theirs}`));

function attention(native: string, diffusers: string, depth: number): ModulePlace[] {
  if (depth === 0) return [];
  const inner = range(depth).flatMap((i) => transformerLeaves.map((leaf) => `transformer_blocks.${i}.${leaf}`));
  return ["norm", "proj_in", ...inner, "proj_out"].map((leaf) => place(`${native}.${leaf}`, `${diffusers}.${leaf}`));
}

/** Every module of a U-Net: SGM numbers its blocks through, two (down) or three (up) layers and a sampler in each. */
export function unetModules({ depths, middleDepth, hasAddedEmbedding }: UnetLayout): ModulePlace[] {
  const blocks = depths.length;
  const down = depths.flatMap((depth, block) => [
    ...range(2).flatMap((layer) => {
      const native = `input_blocks.${3 * block + layer + 1}`;
      return [
        ...resnet(`${native}.0`, `down_blocks.${block}.resnets.${layer}`),
        ...attention(`${native}.1`, `down_blocks.${block}.attentions.${layer}`, depth),
      ];
    }),
    ...(block === blocks - 1
      ? []
      : [place(`input_blocks.${3 * block + 3}.0.op`, `down_blocks.${block}.downsamplers.0.conv`)]),
  ]);
  const up = [...depths].reverse().flatMap((depth, block) => [
    ...range(3).flatMap((layer) => {
      const native = `output_blocks.${3 * block + layer}`;
      return [
        ...resnet(`${native}.0`, `up_blocks.${block}.resnets.${layer}`),
        ...attention(`${native}.1`, `up_blocks.${block}.attentions.${layer}`, depth),
      ];
    }),
    ...(block === blocks - 1
      ? []
      : [place(`output_blocks.${3 * block + 2}.${depth === 0 ? 1 : 2}.conv`, `up_blocks.${block}.upsamplers.0.conv`)]),
  ]);
  return [
    place("input_blocks.0.0", "conv_in"),
    place("time_embed.0", "time_embedding.linear_1"),
    place("time_embed.2", "time_embedding.linear_2"),
    ...(hasAddedEmbedding
      ? [place("label_emb.0.0", "add_embedding.linear_1"), place("label_emb.0.2", "add_embedding.linear_2")]
      : []),
    ...down,
    ...resnet("middle_block.0", "mid_block.resnets.0"),
    ...attention("middle_block.1", "mid_block.attentions.0", middleDepth),
    ...resnet("middle_block.2", "mid_block.resnets.1"),
    ...up,
    place("out.0", "conv_norm_out"),
    place("out.2", "conv_out"),
  ];
}
