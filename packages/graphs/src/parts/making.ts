import { UserError } from "@loramill/contracts";
import type { GraphDraft } from "../draft.ts";
import type { Output } from "../nodes/signature.ts";

export type Model = Output<"MODEL">;
export type Clip = Output<"CLIP">;
export type Vae = Output<"VAE">;
export type Conditioning = Output<"CONDITIONING">;
export type Latent = Output<"LATENT">;
export type Image = Output<"IMAGE">;
export type Mask = Output<"MASK">;
export type Audio = Output<"AUDIO">;
export type Hooks = Output<"HOOKS">;

/** Files of one LoRA under the server's `loras`; a model with two experts may have one for each. */
export interface LoraFiles {
  readonly both?: string;
  readonly high?: string;
  readonly low?: string;
}

/** Some frames of a clip: a piece of the clip's file, or pictures of equal size that were taken from it. */
export type FrameWindow =
  | { readonly kind: "clip"; readonly from: number; readonly count: number }
  | { readonly kind: "pictures"; readonly names: readonly string[] };

/** What a spec calls its files → what the server calls them. */
export interface GraphNames {
  /** Pictures, clips and sounds, under the server's input folder. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly loras: Readonly<Record<string, LoraFiles>>;
  /** Start of every file that is saved, folders included; nobody else's, or the server answers with old files. */
  readonly filenamePrefix: string;
  /** Frames per second of clips that go in, where known. */
  readonly clipFps?: Readonly<Record<string, number>>;
  /** The frames of a clip that is restyled; left out: all of them. */
  readonly frames?: FrameWindow;
}

/** One file, or one series of pictures, that a graph saves. */
export interface GraphOutput {
  readonly node: string;
  readonly kind: "picture" | "clip";
  /** Place among the outputs of the spec: of `[seed, ...moreSeeds]`, or of `formats`. */
  readonly index: number;
  /** Pictures that the node saves, in order; 1 for a clip. Null: as many as the clip has frames. */
  readonly count: number | null;
}

/** A graph in the making, and what is told about it. */
export interface Making {
  readonly draft: GraphDraft;
  readonly names: GraphNames;
  readonly outputs: GraphOutput[];
  /** What is made in another way than asked for, as sentences. */
  readonly notes: string[];
  /** Nodes that load an input, by what they load, so that nothing is loaded twice. */
  readonly loaded: Map<string, unknown>;
}

/** What the server calls an input file. UserError `impossible-request` where the caller gave no name for it. */
export function inputName({ names }: Making, input: string): string {
  const name = names.inputs[input];
  if (name !== undefined) return name;
  throw new UserError(`${input} is not on the server: upload it and give its name`, {
    code: "impossible-request",
    details: { input },
  });
}

/** The name of a model file that neither the spec nor the family gives. */
export function needFile(value: string | undefined, field: string): string {
  if (value !== undefined) return value;
  throw new UserError(`${field} must be named: the family has no usual file for it`, {
    code: "impossible-request",
    details: { field },
  });
}
