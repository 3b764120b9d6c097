import { type Availability, PermanentError } from "@loramill/contracts";
import type { TokenizerOptions } from "./tokenizer-config.ts";
import { readTokenizer } from "./tokenizer-file.ts";

/** Counts tokens as a model does, without the marks around a text. */
export interface TokenCounter extends Availability {
  /** The file's digest is part of it. */
  readonly id: string;
  count(text: string): number;
}

/** Those whose files are configured. */
export interface TokenCounters {
  readonly clip?: TokenCounter;
  readonly t5?: TokenCounter;
}

/** Reads the configured tokenizers; a file that cannot be used makes its own counter unavailable, and nothing else. */
export async function openTokenCounters({ clip, t5 }: TokenizerOptions): Promise<TokenCounters> {
  return {
    ...(clip === null ? {} : { clip: await openCounter("clip", "CLIP_TOKENIZER", clip) }),
    ...(t5 === null ? {} : { t5: await openCounter("t5", "T5_TOKENIZER", t5) }),
  };
}

async function openCounter(name: string, variable: string, path: string): Promise<TokenCounter> {
  try {
    const { digest, count } = await readTokenizer(path);
    const id = `${name}@${digest.slice(0, 12)}`;
    return { id, available: true, message: `counts tokens by ${path}`, count };
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    const count = () => {
      throw error;
    };
    return { id: `${name}@none`, available: false, message: `${variable}: ${error.message}`, count };
  }
}
