import { type FloatDtype, isFloatDtype } from "../safetensors/tensor-values.ts";
import type { Adapter, AdapterPart, AdapterTensor } from "./adapter.ts";
import { badAdapter } from "./adapter-values.ts";
import { cannotConvert } from "./cannot-convert.ts";

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

/** How many outputs the module has as far as its adapter tells; throws UserError `cannot-convert` when it does not. */
export function outputRows(adapter: Adapter): number {
  const { perRow } = splitTensors(adapter);
  const isTucker = adapter.tensors.hada_t1 !== undefined || adapter.tensors.hada_t2 !== undefined;
  if (perRow.length === 0 || isTucker || adapter.kind === "lokr" || adapter.tensors.w_norm !== undefined) {
    throw cannotConvert(adapter.module, `a ${adapter.kind} adapter cannot be cut along the outputs of the module`);
  }
  const rows = Math.max(...perRow.map(([, tensor]) => tensor.shape[0] ?? 0));
  const odd = perRow.find(([, tensor]) => tensor.shape[0] !== rows);
  if (odd === undefined) return rows;
  throw cannotConvert(adapter.module, `its ${odd[0]} has ${odd[1].shape[0]} rows, not one for each of ${rows} outputs`);
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
