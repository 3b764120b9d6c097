import type { Digest } from "../digest.ts";
import type { ObjectStore } from "./object-store.ts";

/** A body that can be read again from its start, for uploads that outlive a process. */
export interface LargeSource {
  readonly bytes: number;
  readonly sha256: Digest;
  open(signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/**
 * Files of a network volume, as its S3 API gives them: keys are paths below the mount. Such APIs know neither signed URLs nor
 * bulk deletes.
 */
export interface VolumeFiles extends Pick<ObjectStore, "id" | "put" | "get" | "head" | "delete" | "list" | "close"> {
  /**
   * Like `put`, but what breaks off, or dies with its process, leaves the parts that have come, and the next call sends only
   * the others. The whole body is read each time and held against its digest before the file appears: UserError `wrong-digest`
   * or `wrong-length`, and nothing is left. `onPart` hears how many bytes are there.
   */
  putLarge(
    key: string,
    source: LargeSource,
    options: { readonly signal: AbortSignal; readonly onPart?: (bytesThere: number) => void },
  ): Promise<void>;
  /** Removes the parts that broken uploads of other keys left: they are listed nowhere and cost as much as files. */
  dropUploads(keep: ReadonlySet<string>, signal: AbortSignal): Promise<void>;
}
