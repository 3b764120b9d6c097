import type { SafetensorsFile } from "./safetensors/read-safetensors.ts";
import { isFloatDtype, toFloat32 } from "./safetensors/tensor-values.ts";

/** The suffixes of the two matrices of one adapted layer, in the dialects that are written in practice. */
const PAIRS = [
  [".lora_A.weight", ".lora_B.weight"],
  [".lora_down.weight", ".lora_up.weight"],
] as const;

/**
 * What is wrong with a freshly trained LoRA, each a sentence; empty when it can be published. Looks at every value:
 * a NaN in one matrix makes every picture black.
 */
export function checkLora(file: SafetensorsFile): string[] {
  const problems: string[] = [];
  let layers = 0;
  let isUntrained = true;
  for (const [name, tensor] of file.tensors) {
    if (isFloatDtype(tensor.dtype)) {
      const values = toFloat32(tensor.dtype, tensor.data);
      if (!values.every(Number.isFinite)) problems.push(`${name} holds values that are not numbers`);
      if (isUpMatrix(name) && values.some((value) => value !== 0)) isUntrained = false;
    }
    for (const [down, up] of PAIRS) {
      if (!name.endsWith(down)) continue;
      layers += 1;
      const other = file.tensors.get(`${name.slice(0, -down.length)}${up}`);
      if (other === undefined) problems.push(`${name} has no partner ${up}`);
      else if (other.shape[1] !== tensor.shape[0]) problems.push(`${name} and its partner disagree about the rank`);
    }
  }
  if (layers === 0) problems.push("it has no LoRA matrices");
  else if (isUntrained) problems.push("all its up matrices are zero: it would change nothing");
  return problems;
}

function isUpMatrix(name: string): boolean {
  return PAIRS.some(([, up]) => name.endsWith(up));
}
