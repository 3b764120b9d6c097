import type { ByteSource } from "../byte-source.ts";
import { type Dtype, dtypeBits } from "../safetensors/dtypes.ts";
import { readLegacyFile } from "./legacy-file.ts";
import { badTorchFile } from "./pickle-error.ts";
import { isRecord, type PickleValue, type TensorRecord } from "./pickle-values.ts";
import { gatherStrided, spanOf } from "./strided.ts";
import type { TorchContainer } from "./torch-container.ts";
import { walkPickle } from "./walk-pickle.ts";
import { dataOffset, looksLikeZip, readZipEntries, type ZipEntry } from "./zip-entries.ts";

/** A tensor of a PyTorch file; its bytes are read when they are asked for. */
export interface TorchTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Little-endian, in C order. */
  read(): Promise<Uint8Array>;
}

export interface TorchFile {
  /** `legacy` is the container of torch before 1.6. */
  readonly container: "zip" | "legacy";
  readonly tensors: ReadonlyMap<string, TorchTensor>;
}

const MAX_PICKLE_BYTES = 64 * 1024 * 1024;
const MAX_TENSORS = 1_000_000;
/** Under which the weights lie where the file holds more than them. */
const WRAPPERS = ["state_dict", "model", "module"];

/**
 * Reads what a `.pt`, `.pth`, `.bin` or `.ckpt` file holds without running any of it. Reads the directory and the pickle,
 * and a tensor's bytes only on `read`. Throws UserError `unsafe-pickle` or `bad-torch-file`.
 */
export async function readTorchFile(source: ByteSource): Promise<TorchFile> {
  const isZip = looksLikeZip(await source.bytes(0, Math.min(4, source.size)));
  const { value, locate } = isZip ? await readZipFile(source) : await readLegacyFile(source);
  const tensors = new Map<string, TorchTensor>();
  for (const [name, record] of namedTensors(value)) {
    if (tensors.has(name)) throw badTorchFile(`it holds the tensor ${JSON.stringify(name.slice(0, 80))} twice`);
    if (tensors.size >= MAX_TENSORS) throw badTorchFile(`it holds more than ${MAX_TENSORS} tensors`);
    const { dtype, shape } = record;
    tensors.set(name, {
      name,
      dtype,
      shape,
      read: async () => readTensor(source, record, await locate(record.storage)),
    });
  }
  if (tensors.size === 0) throw badTorchFile("it holds no tensors under names");
  return { container: isZip ? "zip" : "legacy", tensors };
}

async function readTensor(source: ByteSource, record: TensorRecord, storageAt: number): Promise<Uint8Array> {
  const { from, to } = spanOf(record);
  const width = dtypeBits[record.dtype] / 8;
  if (storageAt + to * width > source.size) throw badTorchFile("it ends inside a tensor");
  const bytes = await source.bytes(storageAt + from * width, storageAt + to * width);
  if (bytes.length !== (to - from) * width) throw badTorchFile("it ends inside a tensor");
  return gatherStrided(record, bytes);
}

/** The tensors of the dictionary, or of the one it wraps; everything else in it (steps, settings) is left aside. */
function namedTensors(value: PickleValue): [string, TensorRecord][] {
  const dict = (candidate: PickleValue) => (isRecord(candidate, "dict") ? candidate.entries : null);
  const entries = dict(value);
  if (entries === null) throw badTorchFile("it does not hold a dictionary");
  const inner = entries.flatMap(([key, item]) => (WRAPPERS.includes(String(key)) ? [dict(item)] : []))[0];
  return (inner ?? entries).flatMap(([key, item]): [string, TensorRecord][] =>
    typeof key === "string" && isRecord(item, "tensor") ? [[key, item]] : [],
  );
}

async function readZipFile(source: ByteSource): Promise<TorchContainer> {
  const entries = await readZipEntries(source);
  const pickles = [...entries.values()].filter(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  const [pickle] = pickles;
  if (pickle === undefined || pickles.length > 1) throw badTorchFile(`it holds ${pickles.length} data.pkl, not one`);
  const root = pickle.name.slice(0, -"data.pkl".length);
  const order = entries.get(`${root}byteorder`);
  if (order !== undefined && Buffer.from(await readEntry(source, order, 16)).toString("latin1") !== "little") {
    throw badTorchFile("its numbers are not little-endian");
  }
  const { value } = walkPickle(await readEntry(source, pickle, MAX_PICKLE_BYTES));
  return {
    value,
    locate: async ({ key, dtype, count }) => {
      const entry = entries.get(`${root}data/${key}`);
      const width = dtype === null ? 1 : dtypeBits[dtype] / 8;
      if (entry === undefined || entry.bytes < count * width)
        throw badTorchFile(`the numbers of storage ${key} are missing`);
      return dataOffset(source, entry);
    },
  };
}

async function readEntry(source: ByteSource, entry: ZipEntry, maxBytes: number): Promise<Uint8Array> {
  if (entry.bytes > maxBytes) throw badTorchFile(`${entry.name} has ${entry.bytes} bytes, more than ${maxBytes}`);
  const start = await dataOffset(source, entry);
  return source.bytes(start, start + entry.bytes);
}
