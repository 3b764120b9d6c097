import { describeCaptioner } from "@loramill/captioning";
import type { Captioner, CaptionProvider, ImageTextEmbedder, Stores } from "@loramill/contracts";
import { openEmbedder } from "./embeddings/open-embedder.ts";
import { openInterrogator } from "./interrogator/open-interrogator.ts";
import { openWdTagger } from "./tags/wd-tagger.ts";
import { openTokenCounters, type TokenCounters } from "./text/open-token-counters.ts";
import { openTransformersCaptioner } from "./transformers/transformers-captioner.ts";
import type { VisionOptions } from "./vision-config.ts";

interface LocalCaptioner {
  readonly provider: CaptionProvider;
  readonly captioner: Captioner & { close(): Promise<void> };
}

/** The local models of an installation, as far as they are configured. */
export interface Vision {
  /** In the order in which `auto` tries them. */
  readonly captioners: readonly LocalCaptioner[];
  readonly embedder: ImageTextEmbedder | null;
  readonly tokenCounters: TokenCounters;
  /** Closes the captioners too. */
  close(): Promise<void>;
}

/** Opens what is configured; nothing is loaded before it is used. The stores keep what takes long to compute. */
export async function openVision(
  { tagger, transformers, clip, interrogator, tokenizers }: VisionOptions,
  stores: Pick<Stores, "memos" | "blobs">,
): Promise<Vision> {
  const captioners: LocalCaptioner[] = [];
  const florence = transformers === null ? null : await openTransformersCaptioner(transformers);
  if (florence !== null) captioners.push({ provider: "transformers", captioner: florence });
  if (tagger !== null) captioners.push({ provider: "wd-tagger", captioner: await openWdTagger(tagger) });
  const embedder = clip === null ? null : await openEmbedder(clip);
  if (embedder !== null) {
    const base = interrogator.captioner === "transformers" ? (florence ?? unconfigured) : describeCaptioner;
    const captioner = await openInterrogator(interrogator, { embedder, base, stores });
    captioners.push({ provider: "interrogator", captioner });
  }
  return {
    captioners,
    embedder,
    tokenCounters: await openTokenCounters(tokenizers),
    async close() {
      await Promise.all([...captioners.map(({ captioner }) => captioner.close()), embedder?.close()]);
    },
  };
}

/** Stands where INTERROGATOR_CAPTIONER names a captioner that is not there. */
const unconfigured: Captioner = {
  ...describeCaptioner,
  isAvailable: async () => ({
    available: false,
    message: "INTERROGATOR_CAPTIONER: set TRANSFORMERS_MODEL to have prompts begin with what transformers.js says",
  }),
};
