import { readFile } from "node:fs/promises";
import { Tokenizer } from "@huggingface/tokenizers";
import { type Digest, PermanentError, sha256Hex } from "@loramill/contracts";
import { z } from "zod";

/** A model's own way from texts to tokens, read from its `tokenizer.json`. */
export interface TextTokenizer {
  /** Of the file. */
  readonly digest: Digest;
  /** Ids with the marks around the text, `maxTokens` at most: what is too long loses its end, not the end mark. */
  encode(text: string, maxTokens?: number): number[];
  /** Tokens of a text without the marks around it. */
  count(text: string): number;
  /** Null where the vocabulary does not have it. */
  idOf(token: string): number | null;
}

const TokenizerFile = z.looseObject({ model: z.looseObject({ vocab: z.unknown() }) });
const TokenizerConfig = z.looseObject({});

/**
 * Reads a `tokenizer.json` of Hugging Face's tokenizers, with the `tokenizer_config.json` beside it where there is one.
 * Throws PermanentError `bad-tokenizer`.
 */
export async function readTokenizer(path: string, configPath?: string): Promise<TextTokenizer> {
  const text = await readFile(path, "utf8").catch((error: unknown) => refuse(path, "cannot be read", error));
  const config = configPath === undefined ? {} : await readFile(configPath, "utf8").then(JSON.parse, () => ({}));
  const tokenizer = parse(path, text, config);
  const idsOf = (words: string, marks: boolean) => tokenizer.encode(words, { add_special_tokens: marks }).ids;
  return {
    digest: sha256Hex(text),
    encode(words, maxTokens = Number.POSITIVE_INFINITY) {
      const ids = idsOf(words, true);
      return ids.length <= maxTokens ? ids : [...ids.slice(0, maxTokens - 1), ids.at(-1) as number];
    },
    count: (words) => idsOf(words, false).length,
    idOf: (token) => tokenizer.token_to_id(token) ?? null,
  };
}

function parse(path: string, text: string, config: unknown): Tokenizer {
  try {
    const tokenizer = new Tokenizer(TokenizerFile.parse(JSON.parse(text)), TokenizerConfig.parse(config));
    tokenizer.encode("a");
    return tokenizer;
  } catch (error) {
    return refuse(path, "is no tokenizer.json", error);
  }
}

function refuse(path: string, what: string, error: unknown): never {
  const why =
    error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : String(error);
  throw new PermanentError(`${path} ${what}: ${why}`, { code: "bad-tokenizer", cause: error });
}
