import type { LoraFamily } from "@loramill/contracts";
import type { SafetensorsHeader } from "../safetensors/safetensors-header.ts";
import type { TensorOutline } from "./adapter.ts";
import { familyOfModules } from "./family-modules.ts";
import type { MappedFamily } from "./mapped-families.ts";
import { expectedInputs } from "./module-inputs.ts";
import { moduleNames } from "./module-names.ts";
import { outlineAdapters } from "./outline-adapters.ts";
import { xlabsToNative } from "./xlabs.ts";

/** How much of a file a model of a family takes: a loader leaves the rest out, mostly without a word. */
export interface LoadCoverage {
  readonly family: LoraFamily;
  /** Keys that would load, of all keys of the file. */
  readonly loaded: number;
  readonly total: number;
  /** Modules, as the file names them, that the family has no place for or whose inputs are of another width. */
  readonly refused: readonly string[];
}

/**
 * "Will load N of M keys on family X", by names and by the width of what the modules read. A variant (`3.5-large`, `1.3b`)
 * decides how many blocks there are and how wide they are. Throws as `readAdapterOutlines`.
 */
export function loadCoverage(
  header: Pick<SafetensorsHeader, "tensors">,
  family: MappedFamily,
  variant: string | null = null,
): LoadCoverage {
  const names = moduleNames(family, variant);
  const { adapters } = outlineAdapters(header.tensors);
  const refused: string[] = [];
  let loaded = 0;
  for (const { module: stem, tensors } of adapters) {
    const module = names.resolve(xlabsToNative(stem) ?? stem);
    if (module === null || !fits(tensors.down ?? tensors.hada_w1_b, expectedInputs(family, variant, module)))
      refused.push(stem);
    else loaded += Object.keys(tensors).length;
  }
  return { family: familyOfModules(family), loaded, total: header.tensors.size, refused };
}

function fits(matrix: TensorOutline | undefined, inputs: number | null): boolean {
  return matrix === undefined || inputs === null || matrix.shape[1] === inputs;
}
