import { type FloatDtype, isFloatDtype } from "../safetensors/tensor-values.ts";
import type { Adapter, AdapterPart, AdapterTensor } from "./adapter.ts";
import { badAdapter } from "./adapter-values.ts";

/** Parts whose first dimension is the output of the module. */
const rowParts: ReadonlySet<AdapterPart> = new Set([
  "up",
  "up_bias",
  "dora_scale",
  "hada_w1_a",
  "hada_w2_a",
  "diff",
  "diff_b",
  "set_weight",
]);

type Entry = readonly [AdapterPart, AdapterTensor];

/** The tensors of an adapter that belong to its output rows, and those all rows share. Alpha is kept as a number. */
export function splitTensors(adapter: Adapter): { perRow: Entry[]; shared: Entry[] } {
  const entries = (Object.entries(adapter.tensors) as [AdapterPart, AdapterTensor][]).filter(
    ([part]) => part !== "alpha",
  );
  return {
    perRow: entries.filter(([part]) => rowParts.has(part)),
    shared: entries.filter(([part]) => !rowParts.has(part)),
  };
}

/** Nothing but an up and a down matrix. */
export function isPlainLora({ kind, tensors }: Adapter): boolean {
  return (
    kind === "lora" &&
    tensors.up !== undefined &&
    tensors.down !== undefined &&
    Object.keys(tensors).every((part) => part === "up" || part === "down" || part === "alpha")
  );
}

export function writableDtype(adapter: Adapter, part: AdapterPart): FloatDtype {
  const dtype = adapter.tensors[part]?.dtype;
  if (dtype !== undefined && isFloatDtype(dtype)) return dtype;
  throw badAdapter(adapter.module, `its ${part} is ${dtype ?? "missing"}, not a float dtype`);
}
