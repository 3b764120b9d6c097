import { z } from "zod";

/**
 * What a LoRA was made for, as far as files tell; wider than what can be trained here. Families may share a network, as
 * Wan 2.1 and 2.2 do: `networkOf` says which.
 */
export const LoraFamily = z.enum([
  "sd15",
  "sd2",
  "sdxl",
  "sd3",
  "flux",
  "chroma",
  "flux2",
  "wan21",
  "wan22",
  "hunyuan-video",
  "qwen-image",
  "z-image",
  "lumina2",
  "kandinsky5",
  "hidream",
  "pocket",
]);
export type LoraFamily = z.output<typeof LoraFamily>;
