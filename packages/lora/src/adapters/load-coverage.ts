import type { SafetensorsHeader } from "../safetensors/safetensors-header.ts";
import type { TensorOutline } from "./adapter.ts";
import type { MappedFamily } from "./family-modules.ts";
import { moduleNames } from "./module-names.ts";
import { outlineAdapters } from "./outline-adapters.ts";
import { xlabsToNative } from "./xlabs.ts";

/** How much of a file a model of a family takes: a loader leaves the rest out, mostly without a word. */
export interface LoadCoverage {
  readonly family: MappedFamily;
  /** Keys that would load, of all keys of the file. */
  readonly loaded: number;
  readonly total: number;
  /** Modules, as the file names them, that the family has no place for or whose inputs are of another width. */
  readonly refused: readonly string[];
}

/** Width of the text embedding in cross-attention: what tells the U-Nets of Stable Diffusion apart. */
const contexts: Partial<Record<MappedFamily, number>> = { sd15: 768, sd2: 1024, sdxl: 2048 };

/**
 * "Will load N of M keys on family X", by names and by the width of cross-attention. A variant (`3.5-large`, `1.3b`)
 * decides how many blocks there are. Throws as `readAdapterOutlines`.
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
    if (module === null || !hasContext(module, tensors.down ?? tensors.hada_w1_b, contexts[family])) refused.push(stem);
    else loaded += Object.keys(tensors).length;
  }
  return { family, loaded, total: header.tensors.size, refused };
}

function hasContext(module: string, matrix: TensorOutline | undefined, width: number | undefined): boolean {
  if (width === undefined || matrix === undefined || !/\.attn2\.to_[kv]$/.test(module)) return true;
  return matrix.shape[1] === width;
}
