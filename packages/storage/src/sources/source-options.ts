import type { BlobStore, DocumentStore, MemoStore, ObjectStore, Source } from "@loramill/contracts";
import type { FetcherParts } from "./http/file-fetcher.ts";
import type { SourceLimits } from "./source-config.ts";
import type { SourceEntry } from "./source-entry.ts";

/** What sources read from besides the local disk: listings of uploads, buckets of the configured server. */
export interface SourceStores {
  readonly documents: DocumentStore;
  /** Where the bytes of uploads are, and where what is fetched goes. Left out, archives among uploads are refused. */
  readonly blobs?: Pick<BlobStore, "open" | "put" | "has"> | undefined;
  /** What was fetched before. Left out, web servers are not read. */
  readonly memos?: MemoStore | undefined;
  /** A bucket of the server that S3_* names. Left out where no server is configured: S3 sources are refused. */
  readonly openBucket?: ((bucket: string) => Promise<ObjectStore>) | undefined;
}

export interface SourceOptions {
  readonly limits: SourceLimits;
  readonly stores: SourceStores;
  readonly signal?: AbortSignal | undefined;
  /** Reads the frames of videos. Left out, videos are refused. */
  readonly readVideo?: VideoReader | undefined;
  /** For tests: how the names of web servers are resolved. */
  readonly fetcher?: FetcherParts | undefined;
}

export type VideoSource = Extract<Source, { type: "video" }>;

/** A video that lies on this machine. */
export type LocalVideo = VideoSource & { readonly path: string };

/** Lists the frames of a video or an animated picture as files. */
export type VideoReader = (
  source: LocalVideo,
  options: { readonly limits: SourceLimits; readonly signal?: AbortSignal | undefined },
) => AsyncIterable<SourceEntry>;
