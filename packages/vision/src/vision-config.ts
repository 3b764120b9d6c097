import { embedderConfig } from "./embeddings/embedder-config.ts";
import { interrogatorConfig } from "./interrogator/interrogator-config.ts";
import { taggerConfig } from "./tags/tagger-config.ts";
import { tokenizerConfig } from "./text/tokenizer-config.ts";
import { transformersConfig } from "./transformers/transformers-config.ts";

/** Everything that captions with local models reads, to be spread into an app's configuration. */
export const visionConfig = {
  tagger: taggerConfig,
  transformers: transformersConfig,
  clip: embedderConfig,
  interrogator: interrogatorConfig,
  tokenizers: tokenizerConfig,
} as const;

/** Its parsed form. */
export type VisionOptions = {
  readonly [Part in keyof typeof visionConfig]: ReturnType<(typeof visionConfig)[Part]["options"]>;
};
