import { type ModulePlace, place, range } from "./module-place.ts";

/** Modules of the embedded engine's small transformer: 6 blocks, the same names everywhere. */
export function pocketModules(): ModulePlace[] {
  return range(6).flatMap((i) => ["qkv", "proj", "fc1", "fc2"].map((leaf) => place(`blocks.${i}.${leaf}`)));
}
