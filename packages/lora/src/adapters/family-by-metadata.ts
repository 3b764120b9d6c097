import type { LoraFamily } from "@loramill/contracts";
import type { ToldFamily } from "./detected-family.ts";

/** What metadata says; `isOneOfSeveral` where its word means other families of the network as well. */
type SaidFamily = ToldFamily & { readonly isOneOfSeveral: boolean };

/** In place of a variant: musubi says `wan` of all versions. */
const SEVERAL = Symbol("one of several families");
type Rule = readonly [pattern: RegExp, family: LoraFamily, variant?: string | typeof SEVERAL];

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
  [/^wan-?2[._]2/, "wan22"],
  [/^wan-?2[._]1/, "wan21"],
  [/^wan/, "wan21", SEVERAL],
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
  [/^wan_?2[._]2/, "wan22"],
  [/^wan_?2[._]1/, "wan21"],
  [/^wan/, "wan21", SEVERAL],
  [/^hunyuan_video/, "hunyuan-video"],
  [/^framepack/, "hunyuan-video", "framepack"],
  [/^qwen_image_edit/, "qwen-image", "edit"],
  [/^qwen_image/, "qwen-image"],
  [/^z_image/, "z-image"],
  [/^lumina/, "lumina2"],
  [/^kandinsky5/, "kandinsky5"],
  [/^hidream/, "hidream"],
];

/** By ModelSpec's `architecture`, with or without its suffix `/lora`. */
export function familyByArchitecture(text: string): SaidFamily | null {
  return apply(architectures, text.replace(/\/.*$/, ""));
}

/** By what kohya's and musubi's trainers call the base model. */
export function familyByBaseVersion(text: string): SaidFamily | null {
  return apply(baseVersions, text);
}

function apply(rules: readonly Rule[], text: string): SaidFamily | null {
  for (const [pattern, family, variant] of rules) {
    const found = pattern.exec(text.toLowerCase());
    if (found === null) continue;
    if (variant === SEVERAL) return { family, variant: null, isOneOfSeveral: true };
    return { family, variant: variant === "$1" ? (found[1] ?? null) : (variant ?? null), isOneOfSeveral: false };
  }
  return null;
}
