import { type AppliedFile, type Stacked, stackLoras } from "./lora-tensors.ts";
import type { ModelDescription } from "./model-files.ts";
import { positionFeatures } from "./pictures.ts";
import { type Feeds, floats, integers } from "./sessions.ts";

/** Sides of pictures in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Samples of one size: clean and noise values of their patches, noise level (1 is clean) and text. */
export interface Samples {
  readonly count: number;
  readonly clean: Float32Array;
  readonly noise: Float32Array;
  readonly t: Float32Array;
  readonly text: BigInt64Array;
}

/** Image tokens of a picture. */
export function tokensOf({ width, height }: Size, { dimensions }: ModelDescription): number {
  return (width / dimensions.patch) * (height / dimensions.patch);
}

/** The inputs of `denoise` but for the LoRA: noisy patches, their level and text. */
export function denoiseFeeds(
  model: ModelDescription,
  size: Size,
  { x, t, text }: { readonly x: Float32Array; readonly t: Float32Array; readonly text: BigInt64Array },
): Feeds {
  const { patchValues, textTokens } = model.dimensions;
  return {
    ...pictureFeeds(model, size, t.length),
    x: floats(x, [t.length, tokensOf(size, model), patchValues]),
    t: floats(t, [t.length]),
    text: integers(text, [t.length, textTokens]),
  };
}

/** The inputs of `lora-train-step` that hold samples, all of equal weight. */
export function trainFeeds(model: ModelDescription, size: Size, parts: readonly Samples[]): Feeds {
  const { patchValues, textTokens } = model.dimensions;
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const patches = [count, tokensOf(size, model), patchValues];
  return {
    ...pictureFeeds(model, size, count),
    x1: floats(joined(parts.map((part) => part.clean)), patches),
    noise: floats(joined(parts.map((part) => part.noise)), patches),
    t: floats(joined(parts.map((part) => part.t)), [count]),
    text: integers(joinedText(parts.map((part) => part.text)), [count, textTokens]),
    weight: floats(new Float32Array(count).fill(1), [count]),
  };
}

/** The LoRA inputs of `denoise`. */
export function loraFeeds(model: ModelDescription, loras: readonly AppliedFile[]): Feeds {
  return stackedFeeds(stackLoras(model, loras));
}

export function stackedFeeds(matrices: Iterable<Stacked>): Feeds {
  return Object.fromEntries([...matrices].map(({ name, shape, values }) => [name, floats(values, shape)]));
}

/** What depends on the size alone. Edge maps stay empty: the engine offers no control by edges. */
function pictureFeeds(model: ModelDescription, size: Size, count: number): Feeds {
  const { patch, controlValues, positionValues } = model.dimensions;
  const tokens = tokensOf(size, model);
  return {
    position: floats(positionFeatures(size, patch, model.position.frequencies), [tokens, positionValues]),
    control: floats(new Float32Array(count * tokens * controlValues), [count, tokens, controlValues]),
  };
}

export function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export function joinedText(parts: readonly BigInt64Array[]): BigInt64Array {
  return BigInt64Array.from(parts.flatMap((part) => [...part]));
}
