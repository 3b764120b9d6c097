import type { Dtype } from "../safetensors/dtypes.ts";

/** What a pickle may hold here: plain data, and records that say what a torch object would have been. */
export type PickleValue = string | number | boolean | null | PickleRecord;

export type PickleRecord =
  | { readonly kind: "tuple"; readonly items: PickleValue[] }
  | { readonly kind: "list"; readonly items: PickleValue[] }
  | { readonly kind: "dict"; readonly entries: [key: PickleValue, value: PickleValue][] }
  /** A name that may be mentioned. It is never looked up. */
  | { readonly kind: "global"; readonly name: string }
  | StorageRecord
  | TensorRecord;

/** Raw numbers kept beside the pickle, under a key. */
export interface StorageRecord {
  readonly kind: "storage";
  readonly key: string;
  /** Null for bytes of which only the tensor knows the dtype. */
  readonly dtype: Dtype | null;
  /** Elements, or bytes where the dtype is null. */
  readonly count: number;
}

/** A view of a storage; offset and strides are in elements. */
export interface TensorRecord {
  readonly kind: "tensor";
  readonly storage: StorageRecord;
  readonly dtype: Dtype;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

export type RecordOf<K extends PickleRecord["kind"]> = Extract<PickleRecord, { readonly kind: K }>;

export function isRecord<K extends PickleRecord["kind"]>(
  value: PickleValue | undefined,
  kind: K,
): value is RecordOf<K> {
  return typeof value === "object" && value !== null && value.kind === kind;
}
