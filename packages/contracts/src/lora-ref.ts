import { text } from "./text.ts";

/** What a path or a spec names a LoRA by. */
export const LoraRef = text(256)
  .min(1)
  .describe("Name (the newest version), name@version, id, alias, hash of the file, or a unique beginning of one");
