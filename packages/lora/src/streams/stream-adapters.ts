import type { Adapter, AdapterPart, TensorOutline } from "../adapters/adapter.ts";
import { compareDtypes } from "../safetensors/dtypes.ts";
import { fromFloat32, isFloatDtype } from "../safetensors/tensor-values.ts";
import type { StreamedTensor } from "../safetensors/write-safetensors.ts";
import type { LazyAdapter } from "./lazy-adapter.ts";
import type { ToolRun } from "./progress.ts";
import { readAhead } from "./read-ahead.ts";

export interface AdapterStream extends ToolRun {
  /** What the file calls a part of a module's adapter. */
  readonly nameOf: (module: string, part: AdapterPart) => string;
}

interface NamedPart {
  readonly name: string;
  readonly module: string;
  readonly part: AdapterPart;
  readonly outline: TensorOutline;
}

/**
 * Adapters as tensors for `streamSafetensors`: each is loaded when its first tensor is written, a few before their turn,
 * and forgotten after its last. Throws RangeError, while streaming, when an adapter is not what its outline said.
 */
export function streamAdapters(adapters: readonly LazyAdapter[], options: AdapterStream): StreamedTensor[] {
  const { nameOf, ahead = 1, signal, onProgress } = options;
  const byModule = new Map(adapters.map((adapter) => [adapter.module, adapter]));
  const parts = adapters.flatMap((adapter) => partsOf(adapter, nameOf));
  // The order in which the writer will open them.
  parts.sort((a, b) => compareDtypes(a.outline.dtype, b.outline.dtype) || (a.name < b.name ? -1 : 1));
  const modules = [...new Set(parts.map(({ module }) => module))];
  const loads = readAhead(modules, ahead, (module) => {
    signal?.throwIfAborted();
    return (byModule.get(module) as LazyAdapter).load(signal);
  });
  const open = new Map<string, { adapter: Adapter; left: number }>();
  let done = 0;

  async function bodyOf({ module, part, outline, name }: NamedPart): Promise<Uint8Array> {
    signal?.throwIfAborted();
    let entry = open.get(module);
    if (entry === undefined) {
      const left = parts.reduce((count, each) => count + (each.module === module ? 1 : 0), 0);
      entry = { adapter: await loads.take(module), left };
      open.set(module, entry);
    }
    entry.left -= 1;
    if (entry.left === 0) {
      open.delete(module);
      done += 1;
      onProgress?.({ done, total: modules.length, module });
    }
    const tensor = entry.adapter.tensors[part];
    if (tensor?.dtype !== outline.dtype) throw new RangeError(`${name} is not the tensor that was announced`);
    return tensor.data;
  }

  const alphas = adapters.flatMap((adapter) => alphaTensor(adapter, nameOf));
  return [
    ...alphas,
    ...parts.map(
      (part): StreamedTensor => ({
        name: part.name,
        dtype: part.outline.dtype,
        shape: part.outline.shape,
        async *body() {
          yield await bodyOf(part);
        },
      }),
    ),
  ];
}

function partsOf({ module, tensors }: LazyAdapter, nameOf: AdapterStream["nameOf"]): NamedPart[] {
  return Object.entries(tensors).flatMap(([key, outline]) => {
    const part = key as AdapterPart;
    return part === "alpha" ? [] : [{ name: nameOf(module, part), module, part, outline }];
  });
}

/** Known before any value: it is not loaded. As the file it came from stored it, else in 32 bits. */
function alphaTensor({ module, alpha, tensors }: LazyAdapter, nameOf: AdapterStream["nameOf"]): StreamedTensor[] {
  if (alpha === null) return [];
  const stored = tensors.alpha;
  const dtype = stored !== undefined && isFloatDtype(stored.dtype) ? stored.dtype : "F32";
  const data = fromFloat32(dtype, Float32Array.of(alpha));
  return [
    {
      name: nameOf(module, "alpha"),
      dtype,
      shape: stored?.shape ?? [],
      async *body() {
        yield data;
      },
    },
  ];
}
