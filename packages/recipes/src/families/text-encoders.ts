import type { TextEncoder } from "./family.ts";

/** Text encoders that several families share. Parameters count the part that is used. */
export const clipL: TextEncoder = { name: "CLIP-L", parameters: 0.12e9 };
export const clipG: TextEncoder = { name: "CLIP-G", parameters: 0.69e9 };
export const t5xxl: TextEncoder = { name: "T5-XXL", parameters: 4.7e9 };
