import type { Digest } from "./digest.ts";
import type { BlobRef } from "./document-parts.ts";
import type { LoraFile, LoraRole } from "./lora-documents.ts";
import type { Recipe } from "./recipe.ts";

/** What says which files a LoRA has, in a document and in what a backend collected. */
export interface HasLoraFiles {
  /** The only file, or the first. */
  readonly weights: BlobRef;
  readonly tensorsSha256: Digest;
  readonly files?: readonly LoraFile[] | undefined;
}

/** Every file of a LoRA, whether it has one or two. */
export function loraFiles({ weights, tensorsSha256, files }: HasLoraFiles): readonly LoraFile[] {
  return files ?? [{ role: "both", weights, tensorsSha256 }];
}

/** The fields that `loraFiles` reads. Throws RangeError where files are missing, or two are for the same. */
export function withLoraFiles(files: readonly LoraFile[]): {
  readonly weights: BlobRef;
  readonly tensorsSha256: Digest;
  readonly files?: LoraFile[];
} {
  const sorted = [...files].sort((a, b) => (a.role < b.role ? -1 : 1));
  const [first] = sorted;
  const isWhole = files.some(({ role }) => role === "both");
  if (
    first === undefined ||
    new Set(files.map(({ role }) => role)).size < files.length ||
    (isWhole && files.length > 1)
  )
    throw new RangeError(`a LoRA is one file or one for each expert, not ${files.map(({ role }) => role).join(", ")}`);
  const { weights, tensorsSha256 } = first;
  return isWhole ? { weights, tensorsSha256 } : { weights, tensorsSha256, files: sorted };
}

/** Bytes of all files of a LoRA. */
export const loraBytes = (lora: HasLoraFiles): number =>
  loraFiles(lora).reduce((sum, { weights }) => sum + weights.bytes, 0);

/** A file's name as trainers and the programs that draw know it: `name_high_noise.safetensors` for the expert of high noise. */
export const loraFileName = (name: string, role: LoraRole): string =>
  `${name}${role === "both" ? "" : `_${role}_noise`}.safetensors`;

/** The files that a training of this recipe makes. */
export function trainedRoles({ experts }: Pick<Recipe, "experts">): readonly LoraRole[] {
  if (experts === null) return ["both"];
  return (["high", "low"] as const).filter((role) => experts[role] !== null);
}

/** Optimiser steps of a whole training: those of both experts, where it trains two. */
export function stepsOf(recipe: Pick<Recipe, "experts" | "steps">): number {
  return trainedRoles(recipe).reduce((sum, role) => {
    const own = role === "both" ? undefined : recipe.experts?.[role]?.steps;
    return sum + (own ?? recipe.steps);
  }, 0);
}
