import type { Adapter, AdapterOutline } from "../adapters/adapter.ts";
import { peftAlphas } from "../adapters/peft-config.ts";
import {
  type AdapterOutlines,
  alphaOf,
  normalised,
  readAdapterOutlines,
  readAdapters,
} from "../adapters/read-adapters.ts";
import type { ByteSource } from "../byte-source.ts";
import { readSafetensors, readSafetensorsHeader } from "../safetensors/read-safetensors.ts";
import type { SafetensorsHeader, TensorInfo } from "../safetensors/safetensors-header.ts";
import { mapAhead } from "./each-module.ts";
import { type LazyAdapter, loaded } from "./lazy-adapter.ts";
import { readInBlocks } from "./read-blocks.ts";
import { readTensors, type StoredTensors } from "./stored-tensors.ts";

export interface OpenLora extends Omit<AdapterOutlines, "adapters"> {
  readonly header: SafetensorsHeader;
  readonly adapters: readonly LazyAdapter[];
}

/**
 * A LoRA file whose adapters are read when they are asked for; only its header and its alphas are read at once. Throws
 * UserError `bad-safetensors`, `bad-adapter` or `unsupported-adapter`.
 */
export async function openLora(source: ByteSource): Promise<OpenLora> {
  const header = await readSafetensorsHeader(source);
  const outlines = readAdapterOutlines(header);
  if (outlines.dialect === "xlabs") {
    // Its tensors are padded to the shapes that others have, which their headers do not tell; such files are small.
    const { adapters } = readAdapters(readSafetensors(await source.bytes(0, source.size)));
    return { ...outlines, header, adapters: adapters.map(loaded) };
  }
  const file: StoredTensors = { source, header };
  // Adapters are mostly read in the order of the file, alphas alone and once.
  const bodies: StoredTensors = { source: readInBlocks(source), header };
  const configured = peftAlphas(header.metadata);
  const adapters = await mapAhead(outlines.adapters, ALPHAS_AT_ONCE, async (outline): Promise<LazyAdapter> => {
    const alpha = (await storedAlpha(file, outline)) ?? configured(outline.module, outline.rank);
    const { alpha: _, ...values } = outline.tensors;
    return {
      ...outline,
      alpha,
      async load(signal) {
        signal?.throwIfAborted();
        const adapter: Adapter = { ...outline, alpha, tensors: await readTensors(bodies, values) };
        return normalised(adapter, outlines.dialect);
      },
    };
  });
  return { ...outlines, header, adapters };
}

/** Reads of a few bytes each: what they cost is waiting. */
const ALPHAS_AT_ONCE = 32;

async function storedAlpha(
  file: StoredTensors,
  { module, tensors }: AdapterOutline<TensorInfo>,
): Promise<number | null> {
  const { alpha } = tensors;
  return alpha === undefined ? null : alphaOf({ module, tensors: await readTensors(file, { alpha }) });
}
