import type { Settled } from "../spec/settle.ts";
import type { Clip, Conditioning, Making } from "./making.ts";

/** What a picture is drawn towards, and away from. */
export interface Conditions {
  readonly positive: Conditioning;
  /** Made when a sampler needs it, once. */
  readonly negative: () => Conditioning;
  /** Whether the negative one carries more than a text, so that a sampler must take it even without guidance. */
  readonly isPair: boolean;
}

export interface Texts {
  readonly prompt: string;
  readonly negativePrompt: string;
}

export const encodeText = ({ draft }: Making, clip: Clip, text: string): Conditioning =>
  draft.add("CLIPTextEncode", { clip, text })[0];

/** Flux takes its guidance as an input of the model. */
export function addGuidance({ draft }: Making, conditioning: Conditioning, { sampling }: Settled): Conditioning {
  const { distilledGuidance: guidance } = sampling;
  return guidance === undefined ? conditioning : draft.add("FluxGuidance", { conditioning, guidance })[0];
}

/** What the negative prompt is for the family; `towards` is the encoded prompt. */
export function negativeOf(
  making: Making,
  clip: Clip,
  { negativePrompt }: Texts,
  { family, sampling }: Settled,
  towards: Conditioning,
): Conditioning {
  const { draft } = making;
  // At guidance 1 nothing is led away from: zeros spare the encoder a text.
  if (family.negative === "zeros" && sampling.guidance === 1) {
    return draft.add("ConditioningZeroOut", { conditioning: towards })[0];
  }
  const text = encodeText(making, clip, negativePrompt);
  if (family.negative !== "text-or-late-zeros" || negativePrompt !== "") return text;
  const [zeros] = draft.add("ConditioningZeroOut", { conditioning: text });
  const [late] = draft.add("ConditioningSetTimestepRange", { conditioning: zeros, start: 0.1, end: 1 });
  const [early] = draft.add("ConditioningSetTimestepRange", { conditioning: text, start: 0, end: 0.1 });
  return draft.add("ConditioningCombine", { conditioning_1: late, conditioning_2: early })[0];
}

/** Makes a value when it is first asked for, and keeps it. */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
