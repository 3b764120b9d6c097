import { kohyaMinimum } from "./kohya-metadata.ts";

export interface PrivateMetadata {
  readonly kept: Record<string, string>;
  /** Keys that were left out, sorted. */
  readonly removed: readonly string[];
}

const kept: ReadonlySet<string> = new Set([
  ...kohyaMinimum,
  "format",
  "sshs_model_hash",
  "sshs_legacy_hash",
  "loramill.trigger_word",
]);

/** What ModelSpec holds about people and their other files. A thumbnail is one of the training pictures as a rule. */
const personal: ReadonlySet<string> = new Set(
  ["author", "date", "thumbnail", "merged_from", "usage_hint", "preprocessor"].map((field) => `modelspec.${field}`),
);

/**
 * The metadata without what tells of its maker: folder and file names, captions and tags, times, sessions, comments,
 * prompts, lineage. What remains is what tools need to load the file and people to use it.
 */
export function privateMetadata(metadata: ReadonlyMap<string, string>): PrivateMetadata {
  const isKept = (key: string) => kept.has(key) || (key.startsWith("modelspec.") && !personal.has(key));
  return {
    kept: Object.fromEntries([...metadata].filter(([key]) => isKept(key))),
    removed: [...metadata.keys()].filter((key) => !isKept(key)).sort(),
  };
}
