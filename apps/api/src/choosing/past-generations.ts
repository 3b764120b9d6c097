import type { Generation } from "@loramill/contracts";
import { type PastGeneration, profileNameOf, profiles } from "@loramill/intelligence";

/** What finished generations took, as estimates are corrected by; those without a profile tell nothing. */
export function pastGenerations(records: readonly Generation[]): PastGeneration[] {
  return records.flatMap(({ spec, steps, guidance, width, height, frames = 1, seconds, peakVramBytes }) => {
    const model = spec === undefined ? null : profileNameOf(spec);
    const profile = model === null ? undefined : profiles[model];
    if (model === null || profile === undefined) return [];
    // The server decides how it keeps weights and does not tell; what it usually does is what estimates are made for.
    const [precision = "fp16"] = profile.precisions;
    const vramBytes = peakVramBytes ?? null;
    return [{ model, steps, guidance, width, height, frames, precision, offload: "none" as const, seconds, vramBytes }];
  });
}
