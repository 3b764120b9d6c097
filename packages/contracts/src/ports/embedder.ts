/** Pictures to points: close pictures are close points. */
export interface Embedder {
  /** Model and version; vectors of different ids are never compared. */
  readonly id: string;
  readonly dimensions: number;
  /** One unit-length vector per picture, each of `dimensions` numbers. */
  embed(images: readonly Uint8Array[], signal: AbortSignal): Promise<readonly Float32Array[]>;
}
