import type { MappedFamily } from "../adapters/mapped-families.ts";
import type { SafetensorsHeader, TensorInfo } from "../safetensors/safetensors-header.ts";
import type { StreamedTensor } from "../safetensors/write-safetensors.ts";

/** Single files keep one text encoder as OpenCLIP has it: SD2 its only one, SDXL its second. */
const encoders: Partial<Record<MappedFamily, { readonly component: string; readonly prefix: string }>> = {
  sd2: { component: "text_encoder", prefix: "cond_stage_model.model.transformer.resblocks." },
  sdxl: { component: "text_encoder_2", prefix: "conditioner.embedders.1.model.transformer.resblocks." },
};

const FUSED = /\.attn\.in_proj_weight$/;
/** The rows of the fused matrix, in their order, as tensors of their own. No file has such names. */
const rows = ["#q", "#k", "#v"] as const;

/** OpenCLIP's names of a layer's weights. */
const leaves: Readonly<Record<string, string>> = {
  "self_attn.q_proj": "attn.in_proj_weight#q",
  "self_attn.k_proj": "attn.in_proj_weight#k",
  "self_attn.v_proj": "attn.in_proj_weight#v",
  "self_attn.out_proj": "attn.out_proj.weight",
  "mlp.fc1": "mlp.c_fc.weight",
  "mlp.fc2": "mlp.c_proj.weight",
  layer_norm1: "ln_1.weight",
  layer_norm2: "ln_2.weight",
};

/** What OpenCLIP's part of a single file calls the weight of a module; null for all others. */
export function openClipWeight(family: MappedFamily, module: string): string | null {
  const encoder = encoders[family];
  const found = /^(text_encoder(?:_2)?)\.text_model\.encoder\.layers\.(\d+)\.(.+)$/.exec(module);
  if (encoder === undefined || found?.[1] !== encoder.component) return null;
  const leaf = leaves[found[3] ?? ""];
  return leaf === undefined ? null : `${encoder.prefix}${found[2]}.${leaf}`;
}

/**
 * The tensors with q, k and v apart where OpenCLIP has them in one matrix of [3 × outputs, inputs]. Rows lie one after
 * another, so that each third is a range of the file like any tensor.
 */
export function withAttentionApart(tensors: SafetensorsHeader["tensors"]): Map<string, TensorInfo> {
  const apart = [...tensors.values()].flatMap((info): TensorInfo[] => {
    const { name, shape, begin, end } = info;
    if (!FUSED.test(name) || shape.length !== 2 || (shape[0] ?? 0) % 3 !== 0) return [info];
    const third = (end - begin) / 3;
    return rows.map((row, at) => ({
      ...info,
      name: `${name}${row}`,
      shape: [(shape[0] ?? 0) / 3, shape[1] ?? 0],
      begin: begin + at * third,
      end: begin + (at + 1) * third,
    }));
  });
  return new Map(apart.map((info) => [info.name, info]));
}

/** The inverse, for writing: q, k and v follow each other, as they lie in the file. */
export function withAttentionTogether(tensors: readonly StreamedTensor[]): StreamedTensor[] {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  return tensors.flatMap((tensor): StreamedTensor[] => {
    const { name, shape } = tensor;
    if (!rows.some((row) => name.endsWith(`.attn.in_proj_weight${row}`))) return [tensor];
    if (!name.endsWith(rows[0])) return [];
    const fused = name.slice(0, -rows[0].length);
    async function* body(): AsyncGenerator<Uint8Array> {
      for (const row of rows) yield* byName.get(`${fused}${row}`)?.body() ?? [];
    }
    return [{ ...tensor, name: fused, shape: [3 * (shape[0] ?? 0), shape[1] ?? 0], body }];
  });
}
