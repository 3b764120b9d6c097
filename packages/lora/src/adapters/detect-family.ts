import type { AdapterOutline, TensorOutline } from "./adapter.ts";
import { sd3Layouts } from "./modules/sd3-modules.ts";

/** What a LoRA was made for, as far as files tell; wider than what can be trained here. */
export const loraFamilies = [
  "sd15",
  "sd2",
  "sdxl",
  "sd3",
  "flux",
  "chroma",
  "flux2",
  "wan",
  "hunyuan-video",
  "qwen-image",
  "z-image",
  "lumina2",
  "kandinsky5",
  "hidream",
  "pocket",
] as const;
export type LoraFamily = (typeof loraFamilies)[number];

export interface DetectedFamily {
  readonly family: LoraFamily;
  /** Size or generation where it shows: `dev`, `3.5-large`, `14b`, `14b-i2v`, `refiner`. */
  readonly variant: string | null;
  /** What told it, the most reliable first. */
  readonly from: "modelspec.architecture" | "ss_base_model_version" | "keys";
}

type Told = Omit<DetectedFamily, "from">;
type Rule = readonly [pattern: RegExp, family: LoraFamily, variant?: string];

const architectures: readonly Rule[] = [
  [/^loramill-pocket$/, "pocket"],
  [/^stable-diffusion-v1/, "sd15"],
  [/^stable-diffusion-v2-768-v/, "sd2", "v"],
  [/^stable-diffusion-v2/, "sd2"],
  [/^stable-diffusion-xl-v1-refiner/, "sdxl", "refiner"],
  [/^stable-diffusion-xl/, "sdxl"],
  [/^stable-diffusion-3-5-large|^stable-diffusion-3\.5-large/, "sd3", "3.5-large"],
  [/^stable-diffusion-3-5-medium|^stable-diffusion-3\.5-medium/, "sd3", "3.5-medium"],
  [/^stable-diffusion-3-m/, "sd3", "medium"],
  [/^stable-diffusion-3/, "sd3"],
  [/^flux-?2/, "flux2"],
  [/^flux-1-(dev|schnell)/, "flux", "$1"],
  [/^flux-1/, "flux"],
  [/^chroma/, "chroma"],
  [/^wan/, "wan"],
  [/^hunyuan-?video/, "hunyuan-video"],
  [/^qwen-image/, "qwen-image"],
  [/^z-image/, "z-image"],
  [/^lumina-2/, "lumina2"],
];

const baseVersions: readonly Rule[] = [
  [/^pocket$/, "pocket"],
  [/^sd_v1/, "sd15"],
  [/^sd_v2_v/, "sd2", "v"],
  [/^sd_v2/, "sd2"],
  [/^sdxl/, "sdxl"],
  [/^sd3/, "sd3"],
  [/^flux_?2/, "flux2"],
  [/^flux_kontext/, "flux", "kontext"],
  [/^flux/, "flux"],
  [/^chroma/, "chroma"],
  [/^wan/, "wan"],
  [/^hunyuan_video/, "hunyuan-video"],
  [/^framepack/, "hunyuan-video", "framepack"],
  [/^qwen_image_edit/, "qwen-image", "edit"],
  [/^qwen_image/, "qwen-image"],
  [/^z_image/, "z-image"],
  [/^lumina/, "lumina2"],
  [/^kandinsky5/, "kandinsky5"],
  [/^hidream/, "hidream"],
];

/**
 * The family of a LoRA, by the order that works: what ModelSpec says, what kohya's trainer says, the names and shapes
 * of its modules. A variant that only the shapes show is added to what the metadata says. Null when nothing tells.
 */
export function detectFamily(
  metadata: ReadonlyMap<string, string>,
  adapters: readonly AdapterOutline[],
): DetectedFamily | null {
  const byKeys = familyByKeys(adapters);
  for (const [key, rules] of [
    ["modelspec.architecture", architectures],
    ["ss_base_model_version", baseVersions],
  ] as const) {
    const told = apply(rules, (metadata.get(key) ?? "").replace(/\/.*$/, "").toLowerCase());
    if (told === null) continue;
    const variant = told.variant ?? (byKeys?.family === told.family ? byKeys.variant : null);
    return { family: told.family, variant, from: key };
  }
  return byKeys && { ...byKeys, from: "keys" };
}

function apply(rules: readonly Rule[], text: string): Told | null {
  for (const [pattern, family, variant] of rules) {
    const found = pattern.exec(text);
    if (found) return { family, variant: variant === "$1" ? (found[1] ?? null) : (variant ?? null) };
  }
  return null;
}

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

function familyByKeys(adapters: readonly AdapterOutline[]): Told | null {
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
function jointDiffusers(evidence: Evidence): Told {
  const block = /transformer_blocks_(\d+)/;
  const query = /transformer_blocks_\d+_attn_(add_)?(to_)?[qkv]/;
  if (evidence.inputs(query) !== 3072) return sd3(evidence, query, block);
  return { family: evidence.largest(block) >= 19 ? "qwen-image" : "flux", variant: null };
}

function fluxLike(evidence: Evidence): Told {
  const isLonger = evidence.has(/double_blocks_19_|single_blocks_3[89]_/);
  if (isLonger || evidence.has(/individual_token_refiner|(img|txt)_(mlp_fc\d|mod_linear)/))
    return { family: "hunyuan-video", variant: null };
  if (evidence.has(/distilled_guidance_layer/)) return { family: "chroma", variant: null };
  return { family: "flux", variant: null };
}

function sd3(evidence: Evidence, query: RegExp, block: RegExp): Told {
  const isLarge = evidence.inputs(query) === 2432 || evidence.largest(block) >= sd3Layouts.medium.blocks;
  if (isLarge) return { family: "sd3", variant: "3.5-large" };
  return { family: "sd3", variant: evidence.has(/attn2_/) ? "3.5-medium" : null };
}

function wan(evidence: Evidence, query: RegExp): Told {
  const sizes = new Map([
    [1536, "1.3b"],
    [3072, "5b"],
    [5120, "14b"],
  ]);
  const size = sizes.get(evidence.inputs(query) ?? 0) ?? null;
  const isFromPicture = evidence.has(/k_img|v_img|img_emb|add_k_proj/);
  return { family: "wan", variant: size !== null && isFromPicture ? `${size}-i2v` : size };
}

/** Width of the text embedding that cross-attention looks at. */
const contexts = new Map<number, Told>([
  [768, { family: "sd15", variant: null }],
  [1024, { family: "sd2", variant: null }],
  [2048, { family: "sdxl", variant: null }],
  [1280, { family: "sdxl", variant: "refiner" }],
]);

function stableDiffusion(evidence: Evidence): Told | null {
  const byContext = contexts.get(evidence.inputs(/attn2_to_[kv]$/) ?? 0);
  if (byContext) return byContext;
  const isDeep = evidence.largest(/(?:attentions_\d+|blocks_\d+_1|middle_block_1)_transformer_blocks_(\d+)/) > 0;
  if (isDeep || evidence.has(/^(lora_te2_|text_encoder_2_)/)) return { family: "sdxl", variant: null };
  const encoder = evidence.inputs(/^(lora_te_|text_encoder_).*(self_attn_[qkv]_proj|mlp_fc1)$/);
  if (encoder === 768) return { family: "sd15", variant: null };
  return encoder === 1024 ? { family: "sd2", variant: null } : null;
}
