import type { SafetensorsFile } from "./safetensors/read-safetensors.ts";
import { validateLora } from "./validate/validate-lora.ts";

/** What is wrong with a freshly trained LoRA, each a sentence; empty when it can be published. Looks at every value. */
export function checkLora(file: SafetensorsFile): string[] {
  return validateLora(file).flatMap(({ severity, message }) => (severity === "error" ? [message] : []));
}
