import type { ByteSource } from "../byte-source.ts";
import { dtypeBits } from "../safetensors/dtypes.ts";
import { badTorchFile } from "./pickle-error.ts";
import { isRecord, type PickleValue, type StorageRecord } from "./pickle-values.ts";
import type { TorchContainer } from "./torch-container.ts";
import { walkPickle } from "./walk-pickle.ts";

/** 0x1950a86a20f9469cfc6c as a pickle of protocol 2: what every file of torch before 1.6 starts with. */
const MAGIC = Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e);
const MAX_PICKLE_BYTES = 64 * 1024 * 1024;

/**
 * The container of torch before 1.6: pickles of a magic number, a version, the machine's sizes, the object and the keys
 * of its storages, then the storages in the order of the keys, each after its number of elements.
 */
export async function readLegacyFile(source: ByteSource): Promise<TorchContainer> {
  const head = await source.bytes(0, Math.min(source.size, MAX_PICKLE_BYTES));
  if (Buffer.compare(head.subarray(0, MAGIC.length), MAGIC) !== 0) {
    throw badTorchFile("it is neither a zip archive nor a pickle of torch");
  }
  const version = walkPickle(head, MAGIC.length);
  if (version.value !== 1001) throw badTorchFile("its version is not 1001");
  const machine = walkPickle(head, version.end);
  if (isBigEndian(machine.value)) throw badTorchFile("its numbers are not little-endian");
  const object = walkPickle(head, machine.end);
  const keys = walkPickle(head, object.end);
  const order = storageOrder(keys.value);
  const widths = storageWidths(object.value);
  let found: Promise<Map<string, number>> | undefined;
  return {
    value: object.value,
    locate: async ({ key }) => {
      found ??= walkStorages(source, keys.end, order, widths);
      const at = (await found).get(key);
      if (at === undefined) throw badTorchFile(`the numbers of storage ${key} are missing`);
      return at;
    },
  };
}

function isBigEndian(machine: PickleValue): boolean {
  if (!isRecord(machine, "dict")) return false;
  return machine.entries.some(([key, value]) => key === "little_endian" && value === false);
}

function storageOrder(value: PickleValue): string[] {
  if (!isRecord(value, "list")) throw badTorchFile("it does not list its storages");
  return value.items.map((key) => {
    if (typeof key === "string") return key;
    throw badTorchFile("it does not list its storages");
  });
}

/** Storages by key, found by walking the object once: records may be shared and may hold themselves. */
function storageWidths(value: PickleValue): Map<string, StorageRecord> {
  const storages = new Map<string, StorageRecord>();
  const seen = new Set<PickleValue>();
  const open: PickleValue[] = [value];
  for (let record = open.pop(); record !== undefined; record = open.pop()) {
    if (typeof record !== "object" || record === null || seen.has(record)) continue;
    seen.add(record);
    if (record.kind === "tensor") open.push(record.storage);
    else if (record.kind === "storage") storages.set(record.key, record);
    else if (record.kind === "dict") for (const [, item] of record.entries) open.push(item);
    else if (record.kind !== "global") for (const item of record.items) open.push(item);
  }
  return storages;
}

async function walkStorages(
  source: ByteSource,
  start: number,
  order: readonly string[],
  storages: ReadonlyMap<string, StorageRecord>,
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  let at = start;
  for (const key of order) {
    const storage = storages.get(key);
    if (storage === undefined || at + 8 > source.size) throw badTorchFile(`the numbers of storage ${key} are missing`);
    const count = new DataView(Uint8Array.from(await source.bytes(at, at + 8)).buffer).getBigInt64(0, true);
    const bytes = storage.count * (storage.dtype === null ? 1 : dtypeBits[storage.dtype] / 8);
    if (count !== BigInt(storage.count) || at + 8 + bytes > source.size) {
      throw badTorchFile(`storage ${key} has another size than its tensors say`);
    }
    found.set(key, at + 8);
    at += 8 + bytes;
  }
  return found;
}
