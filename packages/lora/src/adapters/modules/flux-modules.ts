import { type ModulePlace, place, range } from "./module-place.ts";

/** BFL's name of the stream of a double block, and what diffusers calls its modules. */
const streams = [
  { native: "img", q: "to_q", k: "to_k", v: "to_v", out: "to_out.0", ff: "ff", norm: "norm1", fused: "to_qkv" },
  {
    native: "txt",
    q: "add_q_proj",
    k: "add_k_proj",
    v: "add_v_proj",
    out: "to_add_out",
    ff: "ff_context",
    norm: "norm1_context",
    fused: "to_added_qkv",
  },
] as const;

const embedders = [
  ["time_in", "timestep_embedder"],
  ["vector_in", "text_embedder"],
  ["guidance_in", "guidance_embedder"],
] as const;

/** Modules of Flux.1: 19 double and 38 single blocks. BFL computes q, k and v (and in single blocks the MLP) at once. */
export function fluxModules(): ModulePlace[] {
  const double = range(19).flatMap((i) =>
    streams.flatMap(({ native, q, k, v, out, ff, norm, fused }): ModulePlace[] => {
      const from = `double_blocks.${i}.${native}`;
      const to = `transformer_blocks.${i}`;
      return [
        {
          native: `${from}_attn.qkv`,
          parts: [q, k, v].map((leaf) => `${to}.attn.${leaf}`),
          fusedPart: `${to}.attn.${fused}`,
        },
        place(`${from}_attn.proj`, `${to}.attn.${out}`),
        place(`${from}_mlp.0`, `${to}.${ff}.net.0.proj`),
        place(`${from}_mlp.2`, `${to}.${ff}.net.2`),
        place(`${from}_mod.lin`, `${to}.${norm}.linear`),
      ];
    }),
  );
  const single = range(38).flatMap((i): ModulePlace[] => {
    const to = `single_transformer_blocks.${i}`;
    return [
      {
        native: `single_blocks.${i}.linear1`,
        parts: [`${to}.attn.to_q`, `${to}.attn.to_k`, `${to}.attn.to_v`, `${to}.proj_mlp`],
        shares: [1, 1, 1, 4],
      },
      place(`single_blocks.${i}.linear2`, `${to}.proj_out`),
      place(`single_blocks.${i}.modulation.lin`, `${to}.norm.linear`),
    ];
  });
  return [
    place("img_in", "x_embedder"),
    place("txt_in", "context_embedder"),
    ...embedders.flatMap(([native, part]) => [
      place(`${native}.in_layer`, `time_text_embed.${part}.linear_1`),
      place(`${native}.out_layer`, `time_text_embed.${part}.linear_2`),
    ]),
    ...double,
    ...single,
    { native: "final_layer.adaLN_modulation.1", parts: ["norm_out.linear"], swapsHalves: true },
    place("final_layer.linear", "proj_out"),
  ];
}
