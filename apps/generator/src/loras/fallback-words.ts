import { readFile } from "node:fs/promises";
import { UserError } from "@loramill/contracts";
import { z } from "zod";

/** What words stand in for a LoRA that cannot be loaded, by the beginning of its name; the longest beginning wins. */
export const FallbackTable = z.record(z.string().max(100), z.string().min(1).max(1000));
export type FallbackTable = z.output<typeof FallbackTable>;

export const defaultFallbackTable: FallbackTable = {
  anime_: "anime style, detailed anime art",
  realistic_: "photorealistic, highly detailed",
  art_: "artistic style, detailed artwork",
  detail_: "extremely detailed, high quality",
  "": "enhanced style, high quality",
};

/** The table of a JSON file, over the usual one. UserError `bad-fallback-table`. */
export async function readFallbackTable(path: string | null): Promise<FallbackTable> {
  if (path === null) return defaultFallbackTable;
  try {
    return { ...defaultFallbackTable, ...FallbackTable.parse(JSON.parse(await readFile(path, "utf8"))) };
  } catch (cause) {
    const message = `GENERATOR_FALLBACK_WORDS: ${path} is no JSON object of name beginnings and words`;
    throw new UserError(message, { code: "bad-fallback-table", cause });
  }
}

export interface KnownOfLora {
  readonly name: string;
  readonly triggerWord: string | null;
  /** Words that its training captions had most often, the most frequent first. */
  readonly tags: readonly string[];
}

const MAX_TAGS = 3;

/** Its trigger word and tags where it has any, else the words for its name. */
export function enhancementFor({ name, triggerWord, tags }: KnownOfLora, table: FallbackTable): string {
  const own = [triggerWord, ...tags.slice(0, MAX_TAGS)].filter((word) => word !== null && word !== "");
  if (own.length > 0) return [...new Set(own)].join(", ");
  const beginnings = Object.keys(table).filter((beginning) => name.toLowerCase().startsWith(beginning.toLowerCase()));
  const [longest = ""] = beginnings.sort((a, b) => b.length - a.length);
  return table[longest] ?? "";
}
