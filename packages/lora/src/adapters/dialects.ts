import type { KeySpelling } from "./adapter-keys.ts";

/**
 * Ways of naming the tensors of a LoRA that are written in practice. `diffusers` is also PEFT's; `comfyui` keeps the
 * model's own dotted names; `bfl` is Black Forest Labs' (bare native names); `xlabs` names attention processors.
 */
export const dialects = ["kohya", "diffusers", "comfyui", "bfl", "xlabs"] as const;
export type Dialect = (typeof dialects)[number];

/** The dialect of one key, by how it spells its part and what its module's name starts with. */
export function dialectOf(stem: string, spelling: KeySpelling | null): Dialect {
  if (spelling === "xlabs") return "xlabs";
  if (/^(?:model\.)?diffusion_model\.|^text_encoders\./.test(stem)) return "comfyui";
  if (/^(?:lora|lycoris)_/.test(stem)) return "kohya";
  return /^(?:double_blocks|single_blocks|final_layer|img_in|txt_in)\b/.test(stem) ? "bfl" : "diffusers";
}
