import type { FaceFinder, Stores } from "@loramill/contracts";
import type { ReadLimits } from "@loramill/imaging";
import type { SourceLimits, SourceStores, VideoReader } from "@loramill/storage";

/** What the curator's processors work with. */
export interface CuratorDeps {
  readonly stores: Stores;
  /** What sources may read from besides the local disk. */
  readonly sourceStores: SourceStores;
  readonly sources: SourceLimits;
  /** Lists the frames of a video. */
  readonly readVideo: VideoReader;
  readonly images: ReadLimits;
  /** Asked only by specs that cut or judge by faces. */
  readonly faceFinder: FaceFinder;
  /** Pictures decoded at once; each holds up to about 40 MB. */
  readonly concurrency: number;
}
