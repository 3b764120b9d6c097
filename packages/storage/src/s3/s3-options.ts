/** How an S3-compatible server is reached. Bucket and prefix come from the store's URL. */
export interface S3Options {
  /** Null: Amazon's own endpoint of the region. */
  readonly endpoint: string | null;
  /** The endpoint as clients and pods reach it, when that is another address; signed URLs point there. */
  readonly publicEndpoint: string | null;
  readonly region: string;
  /** Null: the SDK's own search (environment, profile, instance role). */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
  /** What to look at when they are refused; default: the variables of the object store, and the bucket's policy. */
  readonly credentialsAdvice?: string;
  /** `host/bucket/key` instead of `bucket.host/key`; most servers besides Amazon's want it. */
  readonly forcePathStyle: boolean;
  /** `when-required` for servers that do not know the newer checksum headers and trailers. */
  readonly checksums: "when-supported" | "when-required";
  /** Sends Content-MD5 with DeleteObjects, for servers that know no other integrity header there. */
  readonly contentMd5: boolean;
  /** Plain HTTP to hosts that are not loopback; for private networks only. */
  readonly allowHttp: boolean;
  /** Bodies up to this size are sent in one request, larger ones in parts of it; at least 5 MiB. */
  readonly partBytes: number;
  /** Parts of one upload under way at once; memory per upload is this times `partBytes`. */
  readonly uploadConcurrency: number;
  readonly connectTimeoutMs: number;
  /** A connection on which nothing moves for this long is given up. */
  readonly idleTimeoutMs: number;
  /** A request whose answer has not begun after this long is given up; an upload of one part must fit in. */
  readonly requestTimeoutMs: number;
  /** Tries per request, the first included; also how often one read is resumed without progress. */
  readonly attempts: number;
  /** Folder for bodies of unknown digest while they are hashed. */
  readonly spoolFolder: string;
}
