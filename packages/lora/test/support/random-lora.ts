import type { Adapter, AdapterTensor } from "../../src/adapters/adapter.ts";
import { type MappedFamily, mappedFamilies } from "../../src/adapters/mapped-families.ts";
import { isOneToOne, moduleNames } from "../../src/adapters/module-names.ts";
import { fromFloat32 } from "../../src/safetensors/tensor-values.ts";

/** A number in [0, 1) at each call, the same sequence for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function randomTensor(random: () => number, shape: readonly number[]): AdapterTensor {
  const length = shape.reduce((product, size) => product * size, 1);
  // Never zero: a rank of zeros would be free to go to any part of a fused module.
  const values = Float32Array.from({ length }, () => (random() + 0.1) * (random() < 0.5 ? -1 : 1));
  return { dtype: "F32", shape, data: fromFloat32("F32", values) };
}

/** ModelSpec's name of each family, to say in metadata what a test's small shapes cannot. */
export const architectureOf: Readonly<Record<MappedFamily, string>> = {
  sd15: "stable-diffusion-v1",
  sd2: "stable-diffusion-v2-512",
  sdxl: "stable-diffusion-xl-v1-base",
  sd3: "stable-diffusion-3-m",
  flux: "flux-1-dev",
  wan: "wan-2.2",
  "qwen-image": "qwen-image",
  pocket: "loramill-pocket",
};

export { mappedFamilies };

/** Small plain LoRAs on a random choice of a family's modules, in one layout, all of rank `rank`. */
export function randomAdapters(
  family: MappedFamily,
  layout: "native" | "diffusers",
  random: () => number,
  options: { readonly rank: number; readonly alpha: number | null; readonly share: number },
): Adapter[] {
  const adapters: Adapter[] = [];
  for (const [module, { place, part }] of moduleNames(family, null).byModule) {
    if (!isOneToOne(place) && (part === "whole") !== (layout === "native")) continue;
    if (random() > options.share) continue;
    const shares = place.parts.map((_, i) => place.shares?.[i] ?? 1);
    const rows = part === "whole" ? shares.reduce((sum, size) => sum + size, 0) : (shares[part] ?? 1);
    const { rank, alpha } = options;
    const tensors = { down: randomTensor(random, [rank, 3]), up: randomTensor(random, [rows * 4, rank]) };
    adapters.push({ module, kind: "lora", rank, alpha, tensors });
  }
  return adapters;
}
