import { ModelId, type ModelInput } from "@loramill/contracts";
import { isThere, looksLikePath } from "../../tensor-file.ts";

/** Whether an argument is a file of this machine; otherwise it names a LoRA of the library. */
export async function namesFile(text: string): Promise<boolean> {
  return (await isThere(text)) || looksLikePath(text);
}

const EXTENSION = /\.(?:safetensors|pt|pth|bin|ckpt)$/i;

/**
 * `owner/name` or `owner/name:file.safetensors`: a base model that the API knows; null for a file of this machine, which is
 * there or can only be one by its extension.
 */
export async function readModelArgument(text: string): Promise<ModelInput | null> {
  const [model = "", file] = text.split(/:(.*)/s);
  const isModel = ModelId.safeParse(model).success && !model.startsWith(".") && !EXTENSION.test(model);
  if (!isModel || (await isThere(text))) return null;
  return { model, ...(file === undefined ? {} : { file }) };
}
