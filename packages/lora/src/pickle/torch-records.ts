import { dtypeBits } from "../safetensors/dtypes.ts";
import { badTorchFile, unsafePickle } from "./pickle-error.ts";
import { isRecord, type PickleValue, type StorageRecord, type TensorRecord } from "./pickle-values.ts";
import { storageDtypes, torchDtypes } from "./torch-names.ts";

const MAX_RANK = 16;

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function itemsOf(value: PickleValue | undefined): readonly PickleValue[] {
  if (isRecord(value, "tuple") || isRecord(value, "list")) return value.items;
  throw badTorchFile("its pickle calls a function without arguments");
}

/** The storage a persistent id names: ("storage", class, key, location, count). */
export function storageOf(id: PickleValue): StorageRecord {
  const [what, type, key, , count] = itemsOf(id);
  const dtype = isRecord(type, "global") ? storageDtypes.get(type.name) : undefined;
  if (
    what !== "storage" ||
    dtype === undefined ||
    typeof key !== "string" ||
    !/^\d{1,20}$/.test(key) ||
    !isSize(count)
  ) {
    throw badTorchFile("its pickle refers to something that is not a storage");
  }
  return { kind: "storage", key, dtype, count };
}

/** What calling one of the allowed names gives: a plain record. Nothing is ever called. */
export function reduce(callable: PickleValue | undefined, args: PickleValue | undefined, at: number): PickleValue {
  if (!isRecord(callable, "global")) throw unsafePickle("a call of something that is not a name", at);
  const [first, second, third, fourth, , , seventh] = itemsOf(args);
  switch (callable.name) {
    case "collections.OrderedDict":
      // Torch makes it empty and fills it after; copying a list that was remembered could be asked for again and again.
      if (first === undefined) return { kind: "dict", entries: [] };
      throw badTorchFile("a dictionary is made from a list");
    case "torch._utils._rebuild_tensor_v2":
      return tensorOf(first, second, third, fourth, undefined);
    case "torch._utils._rebuild_tensor_v3":
      return tensorOf(first, second, third, fourth, seventh);
    case "torch._utils._rebuild_parameter":
      if (isRecord(first, "tensor")) return first;
      throw badTorchFile("a parameter holds no tensor");
    case "torch.Size":
      if (isRecord(first, "tuple")) return first;
      throw badTorchFile("a size is not a tuple");
    case "_codecs.encode":
      if (typeof first === "string") return first;
      throw badTorchFile("its pickle encodes something that is not a text");
    default:
      throw unsafePickle(`a call of ${callable.name}`, at);
  }
}

function tensorOf(
  storage: PickleValue | undefined,
  offset: PickleValue | undefined,
  size: PickleValue | undefined,
  stride: PickleValue | undefined,
  type: PickleValue | undefined,
): TensorRecord {
  if (!isRecord(storage, "storage")) throw badTorchFile("a tensor has no storage");
  const dtype = type === undefined ? storage.dtype : isRecord(type, "global") ? torchDtypes.get(type.name) : undefined;
  if (dtype === undefined || dtype === null) throw badTorchFile("a tensor has no known dtype");
  const shape = itemsOf(size);
  const strides = itemsOf(stride);
  const isShort = shape.length === strides.length && shape.length <= MAX_RANK;
  if (!isShort || !isSize(offset) || !shape.every(isSize) || !strides.every(isSize)) {
    throw badTorchFile("a tensor has no valid shape, strides or offset");
  }
  const record: TensorRecord = {
    kind: "tensor",
    storage,
    dtype,
    offset,
    shape,
    strides,
  };
  checkReach(record);
  return record;
}

/** A tensor may not reach past its storage, nor repeat its elements into more than the storage has. */
function checkReach({ storage, dtype, offset, shape, strides }: TensorRecord): void {
  const unit = storage.dtype === null ? dtypeBits[dtype] / 8 : 1;
  const available = BigInt(storage.count);
  const elements = shape.reduce((product, side) => product * BigInt(side), 1n);
  const last = shape.reduce((sum, side, axis) => sum + BigInt(side - 1) * BigInt(strides[axis] ?? 0), BigInt(offset));
  const sound = elements === 0n || ((last + 1n) * BigInt(unit) <= available && elements * BigInt(unit) <= available);
  if (!sound) throw badTorchFile("a tensor reaches past its storage");
}
