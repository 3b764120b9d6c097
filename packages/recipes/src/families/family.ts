import type { Choices } from "../choice.ts";

/** A network that reads captions. */
export interface TextEncoder {
  readonly name: string;
  readonly parameters: number;
}

/** What is known of a model family: everything that differs between families is in its entry and nowhere else. */
export interface Family {
  /** As people write it. */
  readonly title: string;
  readonly licence: {
    readonly name: string;
    /** Where it is read, and accepted when the files are gated. */
    readonly page: string;
    readonly gated: boolean;
  };
  /** Sides of the training picture in pixels: a multiple of `step` within the ends. `usual` is what it was made for. */
  readonly sides: { readonly step: number; readonly least: number; readonly most: number; readonly usual: number };
  readonly textEncoders: readonly TextEncoder[];
  /** Names that `targetModules` takes, and what they are made of. The first ones in `usualTargets` are the default. */
  readonly targetModules: Readonly<Record<string, string>>;
  readonly usualTargets: readonly string[];
  readonly latentChannels: number;
  /** Pixels of a latent's side. */
  readonly latentStep: number;
  /** Whether it is trained by flow matching: then min-SNR and noise offset mean nothing. */
  readonly flowMatching: boolean;
  /** Whether the model is a pair of experts for high and low noise. */
  readonly pair: boolean;
  /** Whether it is told a guidance while training (distilled models). */
  readonly takesGuidance: boolean;
  /** Sampler, scheduler and settings with which its pictures are drawn. */
  readonly drawing: {
    readonly sampler: string;
    readonly scheduler: string;
    readonly steps: number;
    readonly guidance: number;
    readonly shift?: number;
  };
  /** The network that is trained, for the estimates. */
  readonly network: {
    readonly parameters: number;
    /** Parameters of a LoRA of rank 1 on the usual target modules; the text encoders' own beside it. */
    readonly loraParametersPerRank: number;
    readonly textLoraParametersPerRank: number;
    readonly blocks: number;
    readonly width: number;
    /** Picture pixels of a token's side, and text tokens that go along. */
    readonly tokenPixels: number;
    readonly textTokens: number;
    /** Most of `blockSwap`, where the trainers count other blocks than `blocks`. */
    readonly swappable?: number;
    /**
     * 10^12 operations of one forward pass on one picture of the usual side, where they do not follow from the parameters:
     * a unet works at several resolutions.
     */
    readonly forwardTflops?: number;
  };
  /** A learning rate above this nearly always destroys a LoRA at alpha = rank. */
  readonly highestRate: number;
  /** The recipe a person would start with. Fields not named keep their neutral value. */
  readonly recipe: Choices;
}
