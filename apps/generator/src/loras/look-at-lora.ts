import { blobKey, type LoraDocument, type ObjectStore, toErrorRecord } from "@loramill/contracts";
import {
  describeLora,
  loadCoverage,
  type MappedFamily,
  mappedFamilies,
  objectSource,
  readSafetensorsHeader,
} from "@loramill/lora";

export interface LoraLimits {
  /** Larger files are not loaded. */
  readonly maxBytes: number;
}

/** What can be known of a LoRA for a model before it is loaded. */
export type LookedAt = {
  /** See `KnownOfLora`. */
  readonly tags: readonly string[];
} & (
  | { readonly usable: true; readonly loads?: { readonly keys: number; readonly of: number } }
  | { readonly usable: false; readonly code: string; readonly reason: string }
);

/**
 * Reads the header alone: whether the file is there, is a LoRA, is no larger than allowed and has modules that a model of
 * the family takes ("will load N of M keys").
 */
export async function lookAtLora(
  lora: LoraDocument,
  family: string,
  { objects, limits, signal }: { objects: Pick<ObjectStore, "get" | "head">; limits: LoraLimits; signal: AbortSignal },
): Promise<LookedAt> {
  const { name, weights } = lora;
  const refuse = (code: string, reason: string, tags: readonly string[] = []): LookedAt => {
    return { usable: false, code, reason, tags };
  };
  if (lora.family !== family) {
    return refuse("wrong-family", `${name} is for ${lora.family} and the model is ${family}`);
  }
  if (weights.bytes > limits.maxBytes) {
    const reason = `${name} has ${weights.bytes} bytes, more than GENERATOR_MAX_LORA_MB allows (${limits.maxBytes})`;
    return refuse("too-large", reason);
  }
  try {
    const header = await readSafetensorsHeader(await objectSource(objects, blobKey(weights.sha256), { signal }));
    const tags = describeLora(header).tags.map(({ tag }) => tag);
    if (!isMapped(family)) return { usable: true, tags };
    const { loaded, total } = loadCoverage(header, family);
    const loads = { keys: loaded, of: total };
    if (loaded > 0) return { usable: true, tags, loads };
    return refuse("loads-nothing", `${name} will load 0 of ${total} keys on ${family}`, tags);
  } catch (error) {
    const { class: errorClass, code, message } = toErrorRecord(error);
    if (errorClass === "transient" || errorClass === "bug" || signal.aborted) throw error;
    return refuse(code, `${name} cannot be read: ${message}`);
  }
}

function isMapped(family: string): family is MappedFamily {
  return (mappedFamilies as readonly string[]).includes(family);
}
