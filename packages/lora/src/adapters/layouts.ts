import type { Adapter, AdapterTensor } from "./adapter.ts";
import { attempt, cannotConvert, type Refuse } from "./cannot-convert.ts";
import type { FamilyComponent } from "./family-modules.ts";
import { type FusedPart, fuseParts } from "./fuse-parts.ts";
import { isOneToOne, type ModuleNames, type NamedModule, partName, wholeName } from "./module-names.ts";
import type { ModulePlace } from "./modules/module-place.ts";
import { outputRows, splitTensors } from "./row-parts.ts";
import { separateParts } from "./separate-parts.ts";
import { joinRows, sliceRows } from "./tensor-rows.ts";

/** `native`: modules as the model's own code has them; `diffusers`: q, k, v and the like apart. */
export type Layout = "native" | "diffusers";

/** Adapters of the parts of one fused module, at their places among the parts. */
interface Group {
  readonly component: FamilyComponent;
  readonly place: ModulePlace;
  readonly parts: (Adapter | undefined)[];
}

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
  const groups = new Map<ModulePlace, Group>();
  for (const adapter of adapters) {
    const named = names.byModule.get(adapter.module);
    if (named === undefined || isOneToOne(named.place) || isIn(layout, named)) result.push(adapter);
    else if (named.part === "whole") result.push(...(attempt(refuse, () => apart(adapter, named)) ?? []));
    else {
      const group = groups.get(named.place) ?? { ...named, parts: [] };
      group.parts[named.part] = adapter;
      groups.set(named.place, group);
    }
  }
  for (const group of groups.values()) {
    const fused = attempt(refuse, () => together(group));
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
  const parts = place.parts.map((_, i) => ({ module: partName(component, place, i), share: shareOf(place, i) }));
  return separateParts(adapter, parts).flatMap((part) => (part === null ? [] : [part]));
}

function together({ component, place, parts }: Group): Adapter {
  const module = wholeName(component, place);
  const known = parts.findIndex((part) => part !== undefined);
  const adapter = parts[known];
  if (adapter === undefined) throw cannotConvert(module, "none of its parts has an adapter");
  if (place.swapsHalves) return swapHalves(adapter, module);
  const unit = outputRows(adapter) / shareOf(place, known);
  const fused = place.parts.map((_, i): FusedPart => ({ adapter: parts[i] ?? null, rows: unit * shareOf(place, i) }));
  const odd = fused.find((part) => part.adapter !== null && outputRows(part.adapter) !== part.rows);
  if (odd !== undefined || !Number.isInteger(unit)) {
    throw cannotConvert(odd?.adapter?.module ?? adapter.module, "its outputs do not fit those of its neighbours");
  }
  return fuseParts(module, fused);
}

/** Diffusers' final modulations have scale before shift, the models' own shift before scale. */
function swapHalves(adapter: Adapter, module: string): Adapter {
  const half = outputRows(adapter) / 2;
  if (!Number.isInteger(half)) throw cannotConvert(adapter.module, "it has an odd number of outputs");
  const swapped = splitTensors(adapter).perRow.map(([part, tensor]) => {
    const halves = [sliceRows(tensor, half, 2 * half), sliceRows(tensor, 0, half)];
    return [part, joinRows(halves) as AdapterTensor] as const;
  });
  return { ...adapter, module, tensors: { ...adapter.tensors, ...Object.fromEntries(swapped) } };
}
