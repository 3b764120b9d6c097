import { fromFloat32 } from "../safetensors/tensor-values.ts";
import { type Adapter, type AdapterPart, type AdapterTensor, adapterScale } from "./adapter.ts";
import { badAdapter, matrixOf } from "./adapter-values.ts";
import { cannotConvert } from "./cannot-convert.ts";
import { isPlainLora, splitTensors, writableDtype } from "./row-parts.ts";
import { isSameTensor, joinRows, zeroRows } from "./tensor-rows.ts";

/** One part of a module that another model computes at once with others. */
export interface FusedPart {
  /** Null where the file leaves the part alone. */
  readonly adapter: Adapter | null;
  /** Output rows of the part. */
  readonly rows: number;
}

/**
 * One adapter for modules computed at once. Parts that share everything but their output rows (as `separateParts` leaves
 * them) keep their rank; others get their ranks side by side, the ups as blocks on the diagonal. The change is the same,
 * up to the rounding of scales that differ from part to part. Throws UserError `cannot-convert`.
 */
export function fuseParts(module: string, parts: readonly FusedPart[]): Adapter {
  return joinShared(module, parts) ?? joinDiagonally(module, parts);
}

const adaptersOf = (parts: readonly FusedPart[]) => parts.flatMap(({ adapter }) => (adapter === null ? [] : [adapter]));

function joinShared(module: string, parts: readonly FusedPart[]): Adapter | null {
  const adapters = adaptersOf(parts);
  const [first] = adapters;
  if (first === undefined) return null;
  const { shared, perRow } = splitTensors(first);
  const isShared = adapters.every((adapter) => {
    const other = splitTensors(adapter);
    return (
      adapter.kind === first.kind &&
      adapterScale(adapter) === adapterScale(first) &&
      other.shared.length === shared.length &&
      shared.every(([part, tensor]) => isSameTensor(tensor, adapter.tensors[part])) &&
      other.perRow.map(([part]) => part).join() === perRow.map(([part]) => part).join()
    );
  });
  // A part that is not there changes nothing; that can only be said by rows of zeros in a plain product.
  if (!isShared || (adapters.length < parts.length && !isPlainLora(first))) return null;
  const joined: [AdapterPart, AdapterTensor][] = [];
  for (const [part, like] of perRow) {
    const tensor = joinRows(parts.map(({ adapter, rows }) => adapter?.tensors[part] ?? zeroRows(like, rows)));
    if (tensor === null) return null;
    joined.push([part, tensor]);
  }
  return { ...first, module, tensors: Object.fromEntries([...shared, ...joined]) };
}

function joinDiagonally(module: string, parts: readonly FusedPart[]): Adapter {
  const adapters = adaptersOf(parts);
  const [first] = adapters;
  if (first === undefined) throw badAdapter(module, "none of its parts has an adapter");
  const odd = adapters.find((adapter) => !isPlainLora(adapter));
  if (odd) throw cannotConvert(odd.module, "only plain LoRA matrices can be put together with those of other modules");
  const down = joinRows(adapters.map(({ tensors }) => tensors.down as AdapterTensor));
  if (down === null) throw cannotConvert(module, "its parts have different dtypes or inputs");
  const rank = adapters.reduce((sum, adapter) => sum + adapter.rank, 0);
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  // A part with alpha 0 changes nothing; its scale cannot be the one the others are measured by.
  const scale = adapters.map(adapterScale).find((found) => found !== 0) ?? 1;
  const values = new Float32Array(rows * rank);
  let row = 0;
  let column = 0;
  for (const { adapter, rows: height } of parts) {
    if (adapter !== null) {
      const up = matrixOf(adapter, "up");
      const factor = adapterScale(adapter) / scale;
      for (let i = 0; i < height; i += 1) {
        for (let k = 0; k < up.columns; k += 1) {
          values[(row + i) * rank + column + k] = (up.values[i * up.columns + k] ?? 0) * factor;
        }
      }
      column += adapter.rank;
    }
    row += height;
  }
  const dtype = writableDtype(first, "up");
  const up = {
    dtype,
    shape: [rows, rank, ...(first.tensors.up?.shape.slice(2) ?? [])],
    data: fromFloat32(dtype, values),
  };
  return {
    module,
    kind: "lora",
    rank,
    alpha: adapters.every(({ alpha }) => alpha === null) ? null : scale * rank,
    tensors: { down, up },
  };
}
