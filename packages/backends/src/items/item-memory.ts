import { BlobRef, Charge, type Digest, type Stores } from "@loramill/contracts";
import { z } from "zod";
import { Made } from "./item-record.ts";

/** A finished item, and the work that made it with what it cost. */
const Remembered = z.object({ made: Made, id: z.string(), charge: Charge });
export type Remembered = z.output<typeof Remembered>;

export interface ItemMemory {
  /** Null where it was never made, or where its file is gone. */
  find(key: string): Promise<Remembered | null>;
  put(key: string, remembered: Remembered): Promise<void>;
}

/** What was made by any job: the same item is not paid for twice. */
export function createItemMemory({ memos, blobs }: Stores, kind: string): ItemMemory {
  return {
    async find(key) {
      const { data } = Remembered.safeParse(await memos.find(kind, key as Digest));
      return data !== undefined && (await blobs.has(BlobRef.parse(data.made.file).sha256)) ? data : null;
    },
    put: (key, remembered) => memos.put(kind, key as Digest, remembered),
  };
}
