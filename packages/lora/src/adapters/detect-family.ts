import { networkOf } from "@loramill/contracts";
import { type NoisePair, noisePair } from "../noise-pair.ts";
import type { AdapterOutline } from "./adapter.ts";
import type { DetectedFamily } from "./detected-family.ts";
import { familyByKeys } from "./family-by-keys.ts";
import { familyByArchitecture, familyByBaseVersion } from "./family-by-metadata.ts";

/** Order in which metadata is believed. */
const told = [
  ["modelspec.architecture", familyByArchitecture],
  ["ss_base_model_version", familyByBaseVersion],
] as const;

/**
 * The family of a LoRA, by the order that works: what ModelSpec says, what kohya's trainer says, the names and shapes
 * of its modules. A variant that only the shapes show is added to what the metadata says, and the family of the shapes
 * is believed where the metadata names several at once, as `wan` does. Null when nothing tells.
 */
export function detectFamily(
  metadata: ReadonlyMap<string, string>,
  adapters: readonly AdapterOutline[],
): DetectedFamily | null {
  const byKeys = familyByKeys(adapters);
  for (const [key, tell] of told) {
    const said = tell(metadata.get(key) ?? "");
    if (said === null) continue;
    const isSame = byKeys !== null && networkOf(byKeys.family) === networkOf(said.family);
    const family = said.isOneOfSeveral && isSame ? byKeys.family : said.family;
    return { family, variant: said.variant ?? (isSame ? byKeys.variant : null), from: key };
  }
  return byKeys && { ...byKeys, from: "keys" };
}

/** The pair that a file of Wan 14B belongs to, by its name; null for every other file, since other sizes are one network. */
export function expertOf(
  family: { readonly family: string; readonly variant: string | null },
  fileName: string,
): NoisePair | null {
  const hasExperts = networkOf(family.family) === "wan" && /^14b|^$/.test(family.variant ?? "");
  return hasExperts ? noisePair(fileName) : null;
}

/**
 * What is left to the name of a file: the shapes of Wan 14B do not tell 2.1 from 2.2, but only 2.2 has two experts, whose
 * files are called after them.
 */
export function familyByName(
  found: DetectedFamily | null,
  metadata: ReadonlyMap<string, string>,
  fileName: string,
): DetectedFamily | null {
  if (found === null || expertOf(found, fileName) === null) return found;
  const isSaid = told.some(([key, tell]) => tell(metadata.get(key) ?? "")?.isOneOfSeveral === false);
  return isSaid ? found : { ...found, family: "wan22", from: "name" };
}
