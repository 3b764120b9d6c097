import type { Adapter, AdapterTensor } from "./adapter.ts";
import { attempt, cannotConvert, type Refuse } from "./cannot-convert.ts";
import { type FusedPart, fuseParts } from "./fuse-parts.ts";
import { isOneToOne, type ModuleNames, type NamedModule, partName, wholeName } from "./module-names.ts";
import type { ModulePlace } from "./modules/module-place.ts";
import { splitTensors } from "./row-parts.ts";
import { separateParts } from "./separate-parts.ts";
import { joinRows, sliceRows } from "./tensor-rows.ts";

/** `native`: modules as the model's own code has them; `diffusers`: q, k, v and the like apart. */
export type Layout = "native" | "diffusers";

/**
 * The same changes on the modules of another layout. Modules that both layouts have stay as they are, and so do those
 * that `names` does not know. What cannot be fused or cut goes to `refuse`.
 */
export function toLayout(
  adapters: readonly Adapter[],
  names: ModuleNames,
  layout: Layout,
  refuse: Refuse,
): readonly Adapter[] {
  const result: Adapter[] = [];
  const groups = new Map<ModulePlace, Map<number, Adapter>>();
  for (const adapter of adapters) {
    const named = names.byModule.get(adapter.module);
    if (named === undefined || isOneToOne(named.place) || isIn(layout, named)) result.push(adapter);
    else if (named.part === "whole") result.push(...(attempt(refuse, () => apart(adapter, named)) ?? []));
    else {
      const group = groups.get(named.place) ?? new Map<number, Adapter>();
      groups.set(named.place, group.set(named.part, adapter));
    }
  }
  for (const group of groups.values()) {
    const fused = attempt(refuse, () => together(group, names));
    if (fused !== null) result.push(fused);
  }
  return result;
}

function isIn(layout: Layout, { part }: NamedModule): boolean {
  return (part === "whole") === (layout === "native");
}

const shareOf = ({ shares }: ModulePlace, part: number) => shares?.[part] ?? 1;

function apart(adapter: Adapter, { component, place }: NamedModule): Adapter[] {
  if (place.swapsHalves) return [swapHalves(adapter, partName(component, place, 0))];
  const parts = place.parts.map((_, part) => ({
    module: partName(component, place, part),
    share: shareOf(place, part),
  }));
  return separateParts(adapter, parts).flatMap((part) => (part === null ? [] : [part]));
}

function together(group: ReadonlyMap<number, Adapter>, names: ModuleNames): Adapter {
  const [[part, adapter] = []] = group;
  const named = adapter && names.byModule.get(adapter.module);
  if (part === undefined || adapter === undefined || named === undefined)
    throw new RangeError("an empty group of parts");
  const { component, place } = named;
  const module = wholeName(component, place);
  if (place.swapsHalves) return swapHalves(adapter, module);
  const unit = rowsOf(adapter) / shareOf(place, part);
  if (!Number.isInteger(unit))
    throw cannotConvert(adapter.module, `its ${rowsOf(adapter)} outputs do not fit its module`);
  const parts = place.parts.map((_, i): FusedPart => {
    const rows = unit * shareOf(place, i);
    const present = group.get(i) ?? null;
    if (present !== null && rowsOf(present) !== rows) {
      throw cannotConvert(present.module, `it has ${rowsOf(present)} outputs where its neighbours lead to ${rows}`);
    }
    return { adapter: present, rows };
  });
  return fuseParts(module, parts);
}

function rowsOf(adapter: Adapter): number {
  const rows = splitTensors(adapter).perRow[0]?.[1].shape[0];
  if (rows === undefined) throw cannotConvert(adapter.module, `a ${adapter.kind} adapter does not tell its outputs`);
  return rows;
}

/** Diffusers' final modulations have scale before shift, the models' own shift before scale. */
function swapHalves(adapter: Adapter, module: string): Adapter {
  const { perRow } = splitTensors(adapter);
  if (perRow.length === 0)
    throw cannotConvert(adapter.module, `a ${adapter.kind} adapter cannot be cut along its outputs`);
  const swapped = perRow.map(([part, tensor]) => {
    const rows = tensor.shape[0] ?? 0;
    return [
      part,
      joinRows([sliceRows(tensor, rows / 2, rows), sliceRows(tensor, 0, rows / 2)]) as AdapterTensor,
    ] as const;
  });
  return { ...adapter, module, tensors: { ...adapter.tensors, ...Object.fromEntries(swapped) } };
}
