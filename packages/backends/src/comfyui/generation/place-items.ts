import type { Load } from "./plan-item.ts";

export interface Slots {
  readonly server: string;
  /** Prompts that it may be given now. */
  readonly free: number;
  readonly isIdle: boolean;
  /** What it has loaded, or will have once its queue is empty. */
  readonly loaded: Load | null;
}

export interface Placement<T> {
  readonly item: T;
  readonly server: string;
  /** Whether the server has everything loaded by then. */
  readonly isLoaded: boolean;
}

/** 0: all is loaded; 1: the base model is, other LoRAs are patched in; 2: a model must be read. */
function rank(load: Load, loaded: Load | null): 0 | 1 | 2 {
  if (loaded === null || load.base !== loaded.base) return 2;
  return load.loras === loaded.loras ? 0 : 1;
}

/**
 * Which item goes to which server, in the order of sending. Servers that have nothing to do come first, and each takes
 * what it has loaded before anything else; so items are grouped by base model and LoRAs, and none waits longer than the
 * job has others. A server that would have to read another model is passed by while those that have it have room for all.
 */
export function placeItems<T extends { readonly load: Load }>(
  waiting: readonly T[],
  slots: readonly Slots[],
  can: (server: string, item: T) => boolean,
): Placement<T>[] {
  // `has`: what it has before anything is given to it here; what it is given it must read first.
  const open = slots.map((slot) => ({ ...slot, has: slot.loaded }));
  const left = [...waiting];
  const placed: Placement<T>[] = [];
  const give = (slot: (typeof open)[number], item: T) => {
    placed.push({ item, server: slot.server, isLoaded: rank(item.load, slot.loaded) === 0 });
    left.splice(left.indexOf(item), 1);
    Object.assign(slot, { free: slot.free - 1, isIdle: false, loaded: item.load });
  };
  const bestFor = (slot: (typeof open)[number]) =>
    left
      .filter((item) => can(slot.server, item))
      .map((item) => ({ slot, item, rank: rank(item.load, slot.loaded) }))
      .toSorted((a, b) => a.rank - b.rank)[0];
  const roomElsewhere = (item: T, but: string) =>
    open
      .filter(({ server, has }) => server !== but && can(server, item) && rank(item.load, has) < 2)
      .reduce((sum, { free }) => sum + free, 0);

  for (;;) {
    const offers = open.flatMap((slot) => (slot.free > 0 ? (bestFor(slot) ?? []) : []));
    const [best] = offers
      .filter(({ slot, item, rank: cost }) => cost < 2 || roomElsewhere(item, slot.server) < left.length)
      .toSorted(
        (a, b) => Number(b.slot.isIdle) - Number(a.slot.isIdle) || a.rank - b.rank || b.slot.free - a.slot.free,
      );
    if (best === undefined) return placed;
    give(best.slot, best.item);
  }
}
