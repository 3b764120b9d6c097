import type { GenerationFamily, GenerationKind, GenerationModel, ModelFiles, Regions } from "@loramill/contracts";

export interface UsualSampling {
  readonly steps: number;
  readonly guidance: number;
  readonly distilledGuidance?: number;
  readonly sampler: string;
  readonly scheduler: string;
  readonly shift?: number;
}

/** What a family draws with where a spec leaves it open. */
export interface Usual {
  readonly files: ModelFiles;
  readonly sampling: UsualSampling;
  readonly width: number;
  readonly height: number;
  /** Of a clip; every length of a family with a `frameStep` is that many frames times a whole number, plus one. */
  readonly frames: number;
  readonly fps: number;
}

/** Motion modules draw the frames of a clip with a model of pictures, a window of them at a time. */
export interface MotionTraits {
  readonly contextFrames: number;
  readonly contextOverlap: number;
  readonly betaSchedule: string;
  /** Whether the node for latents without an upper limit on frames is taken. */
  readonly isUnlimited: boolean;
}

/** One variant of a family of base models: its parts, what it can do, and what is usual. */
export interface Family {
  readonly name: GenerationFamily;
  readonly variant: GenerationModel["variant"] | null;
  readonly title: string;
  /** One file with everything; one with the text encoders beside it; parts; or two experts for noise high and low. */
  readonly loading: "checkpoint" | "checkpoint-and-text" | "parts" | "experts";
  /** CLIPLoader's word for the text encoders. */
  readonly textType?: "flux" | "wan";
  /** What LoRAs change. */
  readonly loraParts: "model" | "model-and-text";
  readonly latent: "sd" | "sd3" | "wan";
  /** How the schedule of noise is shifted: not at all, by one number, or by the picture's size unless one is given. */
  readonly shifting: "none" | "fixed" | "by-size";
  /** What stands for the negative prompt: its text; zeros after the first tenth of the steps if it is empty; zeros. */
  readonly negative: "text" | "text-or-late-zeros" | "zeros";
  /** Sides are multiples of this many pixels. */
  readonly sideStep: number;
  /** A clip's frames are a multiple of this plus one, as the VAE packs them; null: any number. */
  readonly frameStep: number | null;
  readonly usual: Usual;
  /** What it can do, with what differs from the usual. */
  readonly kinds: Partial<
    Record<GenerationKind, Partial<Omit<Usual, "sampling">> & { sampling?: Partial<UsualSampling> }>
  >;
  readonly control: {
    /** A ControlNet for several sorts of pictures; null: one must be named. */
    readonly usual: string | null;
    /** Whether the usual one must be told what sort it gets. */
    readonly isTold: boolean;
    readonly takesVae: boolean;
  } | null;
  readonly imagePrompt: "ip-adapter" | "redux" | null;
  readonly regions: readonly Regions["method"][];
  readonly motion: MotionTraits | null;
}
