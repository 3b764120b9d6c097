/** One module of a model that adapters change, by its two names. */
export interface ModulePlace {
  /** Dotted path in the model's own code (SGM, SAI, BFL, Wan), which kohya, ComfyUI and BFL files use. */
  readonly native: string;
  /**
   * Dotted paths in diffusers. More than one where the native module computes several of diffusers' modules at once: their
   * outputs are then its output rows in this order.
   */
  readonly parts: readonly string[];
  /** What diffusers calls the native module when it was told to fuse the projections. */
  readonly fusedPart?: string;
  /** Relative numbers of output rows of the parts; equal when absent. */
  readonly shares?: readonly number[];
  /** True where the native module has shift before scale and diffusers' has scale before shift. */
  readonly swapsHalves?: true;
}

/** 0, 1, … count - 1. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** A module both call the same, or that has another name of one part. */
export function place(native: string, part = native): ModulePlace {
  return { native, parts: [part] };
}
