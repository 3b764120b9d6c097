import { parseHeaderJson } from "./header-json.ts";
import { badSafetensors } from "./safetensors-error.ts";

/** Where the tensors of a model lie that was cut into several files (`*.safetensors.index.json`). */
export interface ShardIndex {
  /** File name by tensor; names of files beside the index, without any path. */
  readonly fileOf: ReadonlyMap<string, string>;
  readonly files: readonly string[];
}

/** Reads an index and refuses file names that would lead out of its folder. Throws UserError `bad-safetensors`. */
export function parseShardIndex(text: string): ShardIndex {
  const fileOf = new Map<string, string>();
  for (const [tensor, file] of weightMap(text)) {
    const isPlain = typeof file === "string" && /^[^/\\:\0]+\.safetensors$/.test(file) && !file.startsWith(".");
    if (!isPlain) throw malformed(`tensor ${JSON.stringify(tensor.slice(0, 80))} lies in no file beside the index`);
    fileOf.set(tensor, file);
  }
  return { fileOf, files: [...new Set(fileOf.values())].sort() };
}

const malformed = (message: string) => badSafetensors("InvalidHeaderDeserialization", message);

function weightMap(text: string): ReadonlyMap<string, unknown> {
  try {
    const map: unknown = parseHeaderJson(text.trim()).get("weight_map");
    if (map instanceof Map) return map as ReadonlyMap<string, unknown>;
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : String(error));
  }
  throw malformed("it has no weight_map");
}
