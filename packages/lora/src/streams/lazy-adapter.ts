import type { Adapter, AdapterOutline } from "../adapters/adapter.ts";

/**
 * An adapter whose values are read, or computed, when they are asked for; what a file's header says of it is known before.
 * The tools take and give these, so that a chain of them holds a few modules in memory and never a file.
 */
export interface LazyAdapter extends AdapterOutline {
  readonly alpha: number | null;
  /** Answers equal values whenever it is called. */
  load(signal?: AbortSignal): Promise<Adapter>;
}

/** An adapter in memory as the tools take it. */
export function loaded(adapter: Adapter): LazyAdapter {
  return { ...adapter, load: async () => adapter };
}
