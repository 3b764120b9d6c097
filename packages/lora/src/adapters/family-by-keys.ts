import type { AdapterOutline, TensorOutline } from "./adapter.ts";
import type { ToldFamily } from "./detected-family.ts";
import { sd3Layouts } from "./modules/sd3-modules.ts";

/** The names and shapes of a file, asked by pattern; dots count as underscores so that one pattern fits all dialects. */
class Evidence {
  readonly #modules: readonly { readonly name: string; readonly adapter: AdapterOutline }[];

  constructor(adapters: readonly AdapterOutline[]) {
    this.#modules = adapters.map((adapter) => {
      // Without it, the `blocks` of `transformer.blocks` would read as `transformer_blocks`.
      const path = adapter.module.replace(/^(?:base_model\.model\.)?(?:transformer|unet|diffusion_model)\./, "");
      return { name: path.replaceAll(".", "_"), adapter };
    });
  }

  has(pattern: RegExp): boolean {
    return this.#modules.some(({ name }) => pattern.test(name));
  }

  /** Largest number that the pattern's group matches; -1 when none does. */
  largest(pattern: RegExp): number {
    return this.#modules.reduce((most, { name }) => Math.max(most, Number(pattern.exec(name)?.[1] ?? -1)), -1);
  }

  /** Inputs of the first module of that name whose shapes show them. */
  inputs(pattern: RegExp): number | null {
    for (const { name, adapter } of this.#modules) {
      const inputs = pattern.test(name) ? inputsOf(adapter.tensors) : null;
      if (inputs !== null) return inputs;
    }
    return null;
  }
}

function inputsOf(tensors: AdapterOutline["tensors"]): number | null {
  const shape = (tensor: TensorOutline | undefined, axis: number) => tensor?.shape[axis] ?? null;
  return shape(tensors.down, 1) ?? shape(tensors.hada_w1_b, 1) ?? shape(tensors.diff, 1);
}

/** By the names and shapes of the modules, as the file names them; null when they are those of several families. */
export function familyByKeys(adapters: readonly AdapterOutline[]): ToldFamily | null {
  const evidence = new Evidence(adapters);
  if (evidence.has(/img_attn_qkv|double_blocks|single_blocks_|single_transformer_blocks/)) return fluxLike(evidence);
  if (evidence.has(/^blocks_\d+_(qkv|proj|fc[12])$/)) return { family: "pocket", variant: null };
  if (evidence.has(/joint_blocks/)) return sd3(evidence, /x_block_attn_qkv$/, /joint_blocks_(\d+)/);
  if (evidence.has(/transformer_blocks_\d+_(img|txt)_(mod|mlp)/)) return { family: "qwen-image", variant: null };
  if (evidence.has(/layers_\d+_(attention_(to_q|qkv)|feed_forward_w\d)/)) return { family: "z-image", variant: null };
  if (evidence.has(/blocks_\d+_(self_attn_[qkvo]|cross_attn_[qkvo])$/)) return wan(evidence, /self_attn_q$/);
  if (evidence.has(/(^|_)blocks_\d+_attn[12]_to_[qkv]$/) && !evidence.has(/(down|up|mid)_block|transformer_blocks/)) {
    return evidence.has(/ffn_net|attn2/) ? wan(evidence, /attn1_to_q$/) : null;
  }
  if (evidence.has(/^(lora_|lora_transformer_|lora_unet_)?transformer_blocks_\d+_(attn|ff)/)) {
    return jointDiffusers(evidence);
  }
  return stableDiffusion(evidence);
}

/** Diffusers' names of Flux, SD3 and Qwen-Image are the same where a file leaves out what only one of them has. */
function jointDiffusers(evidence: Evidence): ToldFamily | null {
  const block = /transformer_blocks_(\d+)/;
  const query = /transformer_blocks_\d+_attn_(add_)?(to_)?[qkv]/;
  const width = evidence.inputs(query);
  if (width === 1536 || width === 2432) return sd3(evidence, query, block);
  if (width !== 3072) return null;
  return { family: evidence.largest(block) >= 19 ? "qwen-image" : "flux", variant: null };
}

function fluxLike(evidence: Evidence): ToldFamily {
  const isLonger = evidence.has(/double_blocks_19_|single_blocks_3[89]_/);
  if (isLonger || evidence.has(/individual_token_refiner|(img|txt)_(mlp_fc\d|mod_linear)/))
    return { family: "hunyuan-video", variant: null };
  if (evidence.has(/distilled_guidance_layer/)) return { family: "chroma", variant: null };
  return { family: "flux", variant: null };
}

function sd3(evidence: Evidence, query: RegExp, block: RegExp): ToldFamily {
  const isLarge = evidence.inputs(query) === 2432 || evidence.largest(block) >= sd3Layouts.medium.blocks;
  if (isLarge) return { family: "sd3", variant: "3.5-large" };
  return { family: "sd3", variant: evidence.has(/attn2_/) ? "3.5-medium" : null };
}

function wan(evidence: Evidence, query: RegExp): ToldFamily {
  const sizes = new Map([
    [1536, "1.3b"],
    [3072, "5b"],
    [5120, "14b"],
  ]);
  const size = sizes.get(evidence.inputs(query) ?? 0) ?? null;
  const isFromPicture = evidence.has(/k_img|v_img|img_emb|add_k_proj/);
  // Only 2.2 has 5B. A LoRA of 14B may be for either: a name says it, see `familyByName`.
  const family = size === "5b" ? "wan22" : "wan21";
  return { family, variant: size !== null && isFromPicture ? `${size}-i2v` : size };
}

/** Width of the text embedding that cross-attention looks at. */
const contexts = new Map<number, ToldFamily>([
  [768, { family: "sd15", variant: null }],
  [1024, { family: "sd2", variant: null }],
  [2048, { family: "sdxl", variant: null }],
  [1280, { family: "sdxl", variant: "refiner" }],
]);

function stableDiffusion(evidence: Evidence): ToldFamily | null {
  const byContext = contexts.get(evidence.inputs(/attn2_to_[kv]$/) ?? 0);
  if (byContext) return byContext;
  const isDeep = evidence.largest(/(?:attentions_\d+|blocks_\d+_1|middle_block_1)_transformer_blocks_(\d+)/) > 0;
  if (isDeep || evidence.has(/^(lora_te2_|text_encoder_2_)/)) return { family: "sdxl", variant: null };
  const encoder = evidence.inputs(/^(lora_te_|text_encoder_).*(self_attn_[qkv]_proj|mlp_fc1)$/);
  if (encoder === 768) return { family: "sd15", variant: null };
  return encoder === 1024 ? { family: "sd2", variant: null } : null;
}
