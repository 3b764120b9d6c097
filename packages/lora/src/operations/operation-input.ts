import { networkOf } from "@loramill/contracts";
import { readAdapters } from "../adapters/read-adapters.ts";
import { writeAdapters } from "../adapters/write-adapters.ts";
import type { ByteSource } from "../byte-source.ts";
import { readSafetensors } from "../safetensors/read-safetensors.ts";
import { writeSafetensors } from "../safetensors/write-safetensors.ts";
import { loaded } from "../streams/lazy-adapter.ts";
import { type OpenLora, openLora } from "../streams/open-lora.ts";

/** A LoRA that goes into an operation. */
export interface OperationInput {
  /** For messages and for the lineage of the result. */
  readonly name: string;
  readonly source: ByteSource;
  /** What its change is multiplied by; only a merge asks. */
  readonly weight: number;
  /** Weights of single blocks, as `blockWeight` reads them; only a merge asks. */
  readonly blocks?: string;
}

/**
 * A file as one of another dialect sees it. Dialects cut some modules differently (Flux's fused attention), so that
 * adapters of two dialects would pass by one another: then the file is converted, in memory. Throws UserError
 * `cannot-convert` when it cannot be said in that dialect.
 */
export async function openLike(source: ByteSource, model: OpenLora): Promise<OpenLora> {
  const lora = await openLora(source);
  const { dialect, family } = model;
  const isAlike = lora.dialect === dialect || networkOf(lora.family?.family ?? "") !== networkOf(family?.family ?? "");
  if (dialect === null || lora.dialect === null || isAlike) return lora;
  const set = readAdapters(readSafetensors(await source.bytes(0, source.size)));
  const { tensors } = writeAdapters(set, dialect);
  const converted = readAdapters(readSafetensors(writeSafetensors(tensors, Object.fromEntries(lora.header.metadata))));
  return { ...lora, ...converted, header: lora.header, rest: lora.rest, adapters: converted.adapters.map(loaded) };
}
