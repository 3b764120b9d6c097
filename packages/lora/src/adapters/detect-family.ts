import type { LoraFamily } from "@loramill/contracts";
import type { AdapterOutline } from "./adapter.ts";
import { familyByKeys } from "./family-by-keys.ts";
import { familyByArchitecture, familyByBaseVersion } from "./family-by-metadata.ts";

export interface DetectedFamily {
  readonly family: LoraFamily;
  /** Size or generation where it shows: `dev`, `3.5-large`, `14b`, `14b-i2v`, `refiner`. */
  readonly variant: string | null;
  /** What told it, the most reliable first. */
  readonly from: "modelspec.architecture" | "ss_base_model_version" | "keys";
}

export type ToldFamily = Omit<DetectedFamily, "from">;

/**
 * The family of a LoRA, by the order that works: what ModelSpec says, what kohya's trainer says, the names and shapes
 * of its modules. A variant that only the shapes show is added to what the metadata says. Null when nothing tells.
 */
export function detectFamily(
  metadata: ReadonlyMap<string, string>,
  adapters: readonly AdapterOutline[],
): DetectedFamily | null {
  const byKeys = familyByKeys(adapters);
  for (const [key, tell] of [
    ["modelspec.architecture", familyByArchitecture],
    ["ss_base_model_version", familyByBaseVersion],
  ] as const) {
    const told = tell(metadata.get(key) ?? "");
    if (told === null) continue;
    const variant = told.variant ?? (byKeys?.family === told.family ? byKeys.variant : null);
    return { family: told.family, variant, from: key };
  }
  return byKeys && { ...byKeys, from: "keys" };
}
