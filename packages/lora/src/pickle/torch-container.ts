import type { PickleValue, StorageRecord } from "./pickle-values.ts";

/** Where the bytes of storages lie in the file. */
export interface TorchContainer {
  readonly value: PickleValue;
  locate(storage: StorageRecord): Promise<number>;
}
