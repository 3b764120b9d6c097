import type { AdapterTensor } from "../adapters/adapter.ts";
import type { ByteSource } from "../byte-source.ts";
import { badSafetensors } from "../safetensors/safetensors-error.ts";
import type { SafetensorsHeader, TensorInfo } from "../safetensors/safetensors-header.ts";

/** A safetensors file whose header is known and whose bodies are read when they are needed. */
export interface StoredTensors {
  readonly source: ByteSource;
  readonly header: Pick<SafetensorsHeader, "tensors" | "dataStart">;
}

export async function readTensor({ source, header }: StoredTensors, info: TensorInfo): Promise<AdapterTensor> {
  const data = await readBytes({ source, header }, info.begin, info.end);
  return { dtype: info.dtype, shape: info.shape, data };
}

/** Bytes of the data section. Throws UserError `bad-safetensors` when the source ends before them. */
async function readBytes({ source, header }: StoredTensors, begin: number, end: number): Promise<Uint8Array> {
  const data = await source.bytes(header.dataStart + begin, header.dataStart + end);
  if (data.length === end - begin) return data;
  throw badSafetensors(
    "MetadataIncompleteBuffer",
    `it ended ${end - begin - data.length} bytes before its last tensor`,
  );
}

/** Bytes between two tensors that are read along rather than asked for apart. */
const GAP_BYTES = 64 * 1024;

/** Several tensors of one file, those that lie together in one read. */
export async function readTensors<K extends string>(
  { source, header }: StoredTensors,
  infos: Readonly<Partial<Record<K, TensorInfo>>>,
): Promise<Partial<Record<K, AdapterTensor>>> {
  const entries = Object.entries<TensorInfo | undefined>(infos).flatMap(([key, info]) => (info ? [{ key, info }] : []));
  entries.sort((a, b) => a.info.begin - b.info.begin);
  const runs: (typeof entries)[] = [];
  for (const entry of entries) {
    const last = runs.at(-1)?.at(-1);
    if (last !== undefined && entry.info.begin - last.info.end <= GAP_BYTES) runs.at(-1)?.push(entry);
    else runs.push([entry]);
  }
  const tensors: Record<string, AdapterTensor> = {};
  for (const run of runs) {
    const begin = run[0]?.info.begin ?? 0;
    const end = run.at(-1)?.info.end ?? begin;
    const bytes = await readBytes({ source, header }, begin, end);
    for (const { key, info } of run) {
      const data = bytes.subarray(info.begin - begin, info.end - begin);
      tensors[key] = { dtype: info.dtype, shape: info.shape, data };
    }
  }
  return tensors as Partial<Record<K, AdapterTensor>>;
}
