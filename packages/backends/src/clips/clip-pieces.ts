/** Some frames of a clip that are drawn together, and which of what comes out is kept. */
export interface ClipPiece {
  /** Frames by their place in the clip; the last one again and again where the clip is shorter than any piece may be. */
  readonly frames: readonly number[];
  /** Of `frames`: the first that is kept, and the first behind them that is not. */
  readonly from: number;
  readonly to: number;
}

/**
 * Cuts a clip of `total` frames into pieces of at most `length`, each of which shows `overlap` frames that the one before
 * it has too: half of them are kept from either. Every frame is kept once. With a `step`, pieces have a multiple of it
 * plus one frame, which `length` has already.
 */
export function cutClip(
  total: number,
  {
    length,
    overlap = 0,
    step = null,
  }: { readonly length: number; readonly overlap?: number; readonly step?: number | null },
): ClipPiece[] {
  const inside = Math.min(overlap, length - 1);
  const starts = [0];
  while ((starts.at(-1) ?? 0) + length < total) {
    const next = (starts.at(-1) ?? 0) + length - inside;
    // The last piece of a packing model reaches back, so that it is as long as the others.
    starts.push(step === null ? next : Math.min(next, total - length));
  }
  return starts.map((start, at) => {
    const end = Math.min(total, start + length);
    const before = starts[at - 1];
    const after = starts[at + 1];
    const count = step === null ? end - start : Math.ceil((end - start - 1) / step) * step + 1;
    return {
      frames: Array.from({ length: count }, (_, index) => Math.min(start + index, total - 1)),
      from: before === undefined ? 0 : seam(before + length, start) - start,
      to: after === undefined ? end - start : seam(end, after) - start,
    };
  });
}

/** The middle of what two pieces share. */
const seam = (endOfOne: number, startOfNext: number): number => startOfNext + Math.floor((endOfOne - startOfNext) / 2);
