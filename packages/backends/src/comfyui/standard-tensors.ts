import { readAdapters, type SafetensorsFile, type TensorToWrite, writeAdapters } from "@loramill/lora";

const SHOWN = 3;

/**
 * What ComfyUI has trained, in kohya's dialect, which all tools read. ComfyUI names no family in its file, so the metadata
 * of the training does. What the dialect cannot say is left out, and named.
 */
export function standardTensors(
  file: SafetensorsFile,
  metadata: Readonly<Record<string, string>>,
): { readonly tensors: readonly TensorToWrite[]; readonly changes: readonly { code: string; message: string }[] } {
  const set = readAdapters({ tensors: file.tensors, metadata: new Map(Object.entries(metadata)) });
  const { tensors, refused } = writeAdapters(set, "kohya", { leaveOut: true });
  const left = [...refused.map(({ module, why }) => `${module} (${why})`), ...set.rest.keys()];
  if (left.length === 0) return { tensors, changes: [] };
  const more = left.length > SHOWN ? ` and ${left.length - SHOWN} more` : "";
  const message = `what other tools have no name for was left out: ${left.slice(0, SHOWN).join(", ")}${more}`;
  return { tensors, changes: [{ code: "left-out", message }] };
}
