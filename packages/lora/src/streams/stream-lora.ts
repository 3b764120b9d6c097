import type { Adapter } from "../adapters/adapter.ts";
import type { Dialect } from "../adapters/dialects.ts";
import { foldAlpha } from "../adapters/fold-alpha.ts";
import type { AdapterSet } from "../adapters/read-adapters.ts";
import { hasOwnParts, tensorNames } from "../adapters/write-adapters.ts";
import { type ByteStream, streamSafetensors } from "../safetensors/write-safetensors.ts";
import type { LazyAdapter } from "./lazy-adapter.ts";
import type { ToolRun } from "./progress.ts";
import { streamAdapters } from "./stream-adapters.ts";

export interface LoraToStream extends ToolRun {
  readonly adapters: readonly LazyAdapter[];
  /** What the names of unresolved modules were read in, and whose modules the others are: as `openLora` answers them. */
  readonly from: Pick<AdapterSet, "dialect" | "family">;
  readonly dialect: Dialect;
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * A LoRA file that is computed while it is written, with a few modules in memory at a time. Names are spelled as the
 * dialect does; adapters must be in its layout, which `writeAdapters` can change and this cannot. Dialects without alpha
 * get it folded into the factors. Throws UserError `cannot-convert`.
 */
export function streamLora({ adapters, from, dialect, metadata = {}, ...run }: LoraToStream): ByteStream {
  const nameOf = tensorNames(from, dialect);
  const spelled = hasOwnParts(dialect) ? adapters : adapters.map(withoutAlpha);
  return streamSafetensors(streamAdapters(spelled, { ...run, nameOf }), metadata);
}

function withoutAlpha(adapter: LazyAdapter): LazyAdapter {
  const { alpha: _, ...tensors } = adapter.tensors;
  return {
    ...adapter,
    alpha: null,
    tensors,
    load: async (signal): Promise<Adapter> => foldAlpha(await adapter.load(signal)),
  };
}
