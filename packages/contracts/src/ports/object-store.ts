import type { Digest } from "../digest.ts";
import type { BlobRef } from "../document-parts.ts";
import type { DocumentKind, DocumentOf } from "../documents.ts";

export type Body = Uint8Array | AsyncIterable<Uint8Array>;

export interface ObjectInfo {
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
}

export interface PutOptions {
  readonly contentType?: string;
  /** Refuse the put (UserError `wrong-digest`, nothing stored) when the body's SHA-256 is another. */
  readonly sha256?: Digest;
  /** Length in bytes when known before; lets S3 send one request instead of a multipart upload. */
  readonly bytes?: number;
  readonly signal?: AbortSignal;
}

export interface GetOptions {
  /** Byte range, both ends inclusive as in HTTP; `end` may be left out. */
  readonly range?: { readonly start: number; readonly end?: number };
  readonly signal?: AbortSignal;
}

export interface StoredObject {
  readonly body: AsyncIterable<Uint8Array>;
  /** Bytes of the body, and of the whole object. */
  readonly bytes: number;
  readonly totalBytes: number;
  readonly contentType: string | undefined;
}

/**
 * Bytes under keys. A put is atomic (a reader sees the old object, the new one, or none), concurrent writers of one key
 * leave one whole object. Missing keys: `get` throws PermanentError `object-missing`, `head` answers null, `delete` is fine.
 */
export interface ObjectStore {
  /** Scheme, host and bucket or folder, without credentials: for messages. */
  readonly id: string;
  put(key: string, body: Body, options?: PutOptions): Promise<{ bytes: number; sha256: Digest }>;
  get(key: string, options?: GetOptions): Promise<StoredObject>;
  head(key: string, options?: { signal?: AbortSignal }): Promise<ObjectInfo | null>;
  delete(key: string): Promise<void>;
  /** All objects whose key starts with the prefix, in key order, fetched page by page. */
  list(prefix: string, options?: { after?: string; signal?: AbortSignal }): AsyncIterable<ObjectInfo>;
  /** A URL that lets its holder read or write one key until it expires. Null where the driver has no public address. */
  presign(key: string, request: { method: "GET" | "PUT"; expiresSeconds: number }): Promise<string | null>;
  close(): Promise<void>;
}

/** Blobs by content. `put` of bytes that are there already stores nothing. */
export interface BlobStore {
  /**
   * A stream whose `sha256` and length are given is sent as it comes, and refused at its end (UserError `wrong-digest`) when it
   * was another; where the blob is there already it is not begun. Without, a store that must know the name first keeps it aside.
   */
  put(
    body: Body,
    options: { mediaType: string; bytes?: number; sha256?: Digest; signal?: AbortSignal },
  ): Promise<BlobRef>;
  /** Whole blob in memory; `maxBytes` guards against surprises (PermanentError `blob-too-large`). Verifies the digest. */
  read(ref: { readonly sha256: Digest }, options?: { maxBytes?: number; signal?: AbortSignal }): Promise<Uint8Array>;
  open(ref: { readonly sha256: Digest }, options?: GetOptions): Promise<StoredObject>;
  has(sha256: Digest): Promise<boolean>;
}

/** Typed JSON documents by the digest of their canonical form, checked against their schema on the way in and out. */
export interface DocumentStore {
  put<K extends DocumentKind>(kind: K, value: DocumentOf<K>): Promise<Digest>;
  get<K extends DocumentKind>(kind: K, digest: Digest): Promise<DocumentOf<K>>;
}

/**
 * Small results remembered under the digest of what they were computed from, so that a replay of half-done work is
 * free. A lost memo costs work, never correctness.
 */
export interface MemoStore {
  find(kind: string, key: Digest): Promise<unknown | undefined>;
  put(kind: string, key: Digest, value: unknown): Promise<void>;
}

/** The four views of one object store that processors work with. */
export interface Stores {
  readonly objects: ObjectStore;
  readonly blobs: BlobStore;
  readonly documents: DocumentStore;
  readonly memos: MemoStore;
}
