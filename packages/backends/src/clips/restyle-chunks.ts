import {
  type BlobRef,
  type Digest,
  digestOf,
  type GenerationBackend,
  type GenerationRequest,
  type GenerationRequestItem,
  type SpecOf,
} from "@loramill/contracts";
import type { Frames } from "./clip-frames.ts";
import { type ClipPiece, cutClip } from "./clip-pieces.ts";
import { FRAME, frameSize, frameSpec } from "./frame-spec.ts";

export type RestyleSpec = SpecOf<"restyle-clip">;

/** Frames that the inner backend draws in one request. */
export interface PlannedChunk {
  /** Of everything that decides what comes out of it. */
  readonly key: Digest;
  readonly items: readonly GenerationRequestItem[];
  /** Pictures that come out, and which of them are kept. */
  readonly pictures: number;
  readonly kept: Pick<ClipPiece, "from" | "to">;
}

export interface Drawing {
  readonly inner: Pick<GenerationBackend, "name" | "capabilities">;
  /** What the inner backend is. */
  readonly engine: string;
  /** Of a model that packs frames together, how many; null where each frame is a picture of its own. */
  readonly packed: number | null;
}

/** Of the code that decides what comes out. */
export const RESTYLE_VERSION = 2;
/** Frames that two pieces of a clip share, so that the later one begins in the middle of a movement. */
const OVERLAP = 4;

/** Frames of one piece: a model that packs them takes a multiple plus one. */
export const pieceLength = ({ chunkFrames }: RestyleSpec, packed: number | null): number =>
  packed === null ? chunkFrames : Math.ceil(Math.max(1, chunkFrames - 1) / packed) * packed + 1;

/** The clip in chunks: as pictures over pictures, or as pieces that are drawn whole. */
export function planChunks(
  { loras, spec }: GenerationRequestItem & { readonly spec: RestyleSpec },
  { frames, facts }: Frames,
  { inner, engine, packed }: Drawing,
): PlannedChunk[] {
  const size = frameSize(spec, facts, inner.capabilities);
  const length = pieceLength(spec, packed);
  const tensors = Object.entries(loras).map(([called, { tensorsSha256 }]) => [called, tensorsSha256]);
  const drawing = packed === null ? frameSpec(spec, size) : { ...spec, ...size, chunkFrames: length };
  const decides = { version: RESTYLE_VERSION, backend: inner.name, engine, drawing, tensors };
  const pieces = cutClip(frames.length, { length, ...(packed === null ? {} : { overlap: OVERLAP, step: packed }) });
  return pieces.map((piece) => {
    const shown = piece.frames.map((at) => frames[at] as BlobRef);
    const key = digestOf({ ...decides, frames: shown.map(({ sha256 }) => sha256) });
    const items =
      packed === null
        ? shown.map((frame, index) => ({ index, spec: drawing, loras, inputs: { [FRAME]: frame } }))
        : [{ index: 0, spec: drawing, loras, inputs: {}, frames: shown }];
    return { key, items, pictures: shown.length, kept: { from: piece.from, to: piece.to } };
  });
}

export const requestOf = ({ key, items }: PlannedChunk, marker: string): GenerationRequest => ({
  marker: `${marker}/${key.slice(0, 16)}`,
  items,
});
