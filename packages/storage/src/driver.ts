import type { Body, Digest, ObjectStore, PutOptions } from "@loramill/contracts";

/** What drivers can do beyond the port, for the views that are built on them. */
export interface ObjectDriver extends ObjectStore {
  /**
   * Stores a body under a key made of its own digest, unless that key is there already. A driver that can only learn
   * the digest by reading the whole body first keeps it aside meanwhile; a failed or aborted put leaves nothing.
   */
  putContent(
    keyOf: (sha256: Digest) => string,
    body: Body,
    options: Pick<PutOptions, "contentType" | "bytes" | "signal">,
  ): Promise<{ readonly bytes: number; readonly sha256: Digest; readonly stored: boolean }>;
  /** Deletes many keys in as few requests as the server allows; missing keys are fine. */
  deleteMany(keys: readonly string[], options?: { readonly signal?: AbortSignal }): Promise<void>;
}

/** Whether a store of the port is one of ours, with what these can do beyond it. */
export function isDriver(objects: ObjectStore): objects is ObjectDriver {
  return "deleteMany" in objects && "putContent" in objects;
}
