/** Tools that a LoRA can be written for. */
export const exportTargets = ["comfyui", "a1111", "diffusers"] as const;
export type ExportTarget = (typeof exportTargets)[number];
