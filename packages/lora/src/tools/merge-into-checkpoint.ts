import { copyRange } from "../byte-source.ts";
import { compareDtypes } from "../safetensors/dtypes.ts";
import type { TensorInfo } from "../safetensors/safetensors-header.ts";
import { isFloatDtype, toFloat32 } from "../safetensors/tensor-values.ts";
import type { StreamedTensor } from "../safetensors/write-safetensors.ts";
import type { LazyAdapter } from "../streams/lazy-adapter.ts";
import type { ToolRun } from "../streams/progress.ts";
import { readAhead } from "../streams/read-ahead.ts";
import { readTensor, type StoredTensors } from "../streams/stored-tensors.ts";
import type { RunModule } from "../threads/module-work.ts";

export interface CheckpointMerge extends ToolRun {
  readonly checkpoint: StoredTensors;
  readonly loras: readonly {
    readonly adapters: readonly LazyAdapter[];
    readonly strength: number;
    readonly moduleWeight?: (module: string) => number;
  }[];
  /** What the checkpoint calls the weight of a module; null when it has no such module. */
  readonly weightOf: (module: string) => string | null;
  readonly runModule: RunModule;
}

export interface MergedCheckpoint {
  /** All tensors of the checkpoint for `streamSafetensors`; those without a LoRA are copied as they are. */
  readonly tensors: StreamedTensor[];
  /** Modules of the LoRAs that the checkpoint has no weight for. */
  readonly missing: string[];
}

interface PlannedChange {
  readonly adapter: LazyAdapter;
  readonly strength: number;
}

/**
 * A checkpoint with LoRAs in its weights, tensor by tensor: what is not changed is copied in pieces, what is changed is
 * computed a few tensors ahead of the writer. 8-bit weights with a `scale_weight` beside them are scaled and scaled back.
 */
export function mergeIntoCheckpoint(options: CheckpointMerge): MergedCheckpoint {
  const { checkpoint, ahead = 1, signal, runModule, onProgress } = options;
  const { tensors } = checkpoint.header;
  const { plan, missing } = planChanges(options);
  const changed = [...plan.keys()]
    .map((name) => tensors.get(name) as TensorInfo)
    .sort((a, b) => compareDtypes(a.dtype, b.dtype) || (a.name < b.name ? -1 : 1));
  const patched = readAhead(
    changed.map(({ name }) => name),
    ahead,
    async (name) => {
      signal?.throwIfAborted();
      const [weight, weightScale, changes] = await Promise.all([
        readTensor(checkpoint, tensors.get(name) as TensorInfo),
        scaleOf(checkpoint, name),
        Promise.all(
          (plan.get(name) ?? []).map(async ({ adapter, strength }) => ({
            adapter: await adapter.load(signal),
            strength,
          })),
        ),
      ]);
      return runModule("patch", { weight, changes, weightScale }, signal);
    },
  );
  let done = 0;
  const all = [...tensors.values()].map((info): StreamedTensor => {
    const { name, dtype, shape } = info;
    if (!plan.has(name)) return { name, dtype, shape, body: () => copied(checkpoint, info) };
    return {
      name,
      dtype,
      shape,
      async *body() {
        yield await patched.take(name);
        done += 1;
        onProgress?.({ done, total: changed.length, module: name });
      },
    };
  });
  return { tensors: all, missing };
}

function planChanges({ checkpoint, loras, weightOf }: CheckpointMerge) {
  const plan = new Map<string, PlannedChange[]>();
  const missing = new Set<string>();
  for (const { adapters, strength, moduleWeight } of loras) {
    for (const adapter of adapters) {
      const name = weightOf(adapter.module);
      if (name === null || !checkpoint.header.tensors.has(name)) {
        missing.add(adapter.module);
        continue;
      }
      const weight = strength * (moduleWeight?.(adapter.module) ?? 1);
      if (weight === 0) continue;
      plan.set(name, [...(plan.get(name) ?? []), { adapter, strength: weight }]);
    }
  }
  return { plan, missing: [...missing].sort() };
}

const copied = ({ source, header }: StoredTensors, { begin, end }: TensorInfo) =>
  copyRange(source, header.dataStart + begin, header.dataStart + end);

async function scaleOf(checkpoint: StoredTensors, name: string): Promise<number> {
  const info = checkpoint.header.tensors.get(name.replace(/\.weight$/, ".scale_weight"));
  if (info === undefined || info.name === name || !isFloatDtype(info.dtype)) return 1;
  const { data } = await readTensor(checkpoint, info);
  return toFloat32(info.dtype, data)[0] ?? 1;
}
