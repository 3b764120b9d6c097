import { z } from "zod";
import type { ModelFamily } from "./recipe-fields.ts";

/** What a LoRA was made for, as far as files tell; wider than what can be trained here. */
export const LoraFamily = z.enum([
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
]);
export type LoraFamily = z.output<typeof LoraFamily>;

/** What files call a family that models are written down as: they do not tell the generations of Wan apart. */
export function loraFamilyOf(family: ModelFamily): LoraFamily {
  return family === "wan22" ? "wan" : family;
}
