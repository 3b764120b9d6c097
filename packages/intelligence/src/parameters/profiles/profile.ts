import type { GenerationFamily, WeightPrecision } from "@loramill/contracts";

/** The ends of what is usual; a value between them is chosen by priority and prompt. */
export interface Span {
  readonly low: number;
  readonly high: number;
}

/** Width and height in pixels. */
export type Size = readonly [width: number, height: number];

/** How a base model is used: everything that differs between them is in its entry and nowhere else. */
export interface Profile {
  /** As people write it. */
  readonly title: string;
  /** LoRAs of this family load on it. */
  readonly loraFamily: GenerationFamily;
  /** `cfg`: two passes per step and a negative prompt, except at 1; `distilled`: one pass that is told a number. */
  readonly guidanceKind: "cfg" | "distilled";
  readonly guidance: Span;
  readonly steps: Span & {
    /** Fewer leave the picture unfinished: no constraint lowers the steps further. */
    readonly least: number;
  };
  readonly sampler: string;
  readonly scheduler: string;
  /** Sides are multiples of `step`. `least` is the smallest area, in pixels, that still gives a whole picture. */
  readonly sizes: {
    readonly square: Size;
    readonly tall: Size;
    readonly wide: Size;
    readonly step: number;
    readonly leastArea: number;
  };
  /** Null for pictures. Lengths are `step`·n + 1 frames, or multiples of 1 where `step` is 1. */
  readonly frames: {
    readonly usual: number;
    readonly least: number;
    readonly step: number;
    readonly perSecond: number;
  } | null;
  /** In the order in which they are tried; each needs less memory than the one before. */
  readonly precisions: readonly WeightPrecision[];
  readonly network: Network;
}

/** What the estimates need to know of the networks. */
export interface Network {
  /** Of the unet or transformer that is in memory at a time. */
  readonly parameters: number;
  /** Of text encoders and VAE together. */
  readonly otherParameters: number;
  /** A transformer's size; a unet works at several resolutions and states its work instead. */
  readonly work:
    | {
        readonly kind: "transformer";
        readonly blocks: number;
        readonly width: number;
        /** Pixels of a token's side, and frames that share one latent. */
        readonly tokenPixels: number;
        readonly framesPerLatent: number;
        readonly textTokens: number;
      }
    | {
        readonly kind: "unet";
        /** 10^12 operations of one pass over one megapixel of one frame. */
        readonly tflopsPerMegapixel: number;
      };
}
