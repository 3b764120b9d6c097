import { type Captioner, digestOf, type ImageTextEmbedder } from "@loramill/contracts";
import { cleanCaption } from "./clean-caption.ts";
import {
  createInterrogator,
  type InterrogationMode,
  type InterrogationTables,
  type LabelPoints,
} from "./interrogate.ts";

export interface InterrogatorParts {
  readonly embedder: ImageTextEmbedder;
  readonly tables: InterrogationTables;
  readonly mode: InterrogationMode;
  /** Says what the prompt begins with; free, because it is asked on nobody's budget. */
  readonly base: Captioner;
  readonly points?: LabelPoints;
}

/** Captions in the words that lie closest to the picture, behind what another captioner says of it. */
export function createInterrogatorCaptioner({ embedder, tables, mode, base, points }: InterrogatorParts): Captioner {
  const interrogate = createInterrogator(embedder, tables, points);
  return {
    id: `interrogator:${embedder.id}`,
    // The embedder looks at one thing at a time; the next picture is decoded meanwhile.
    concurrency: 2,
    settings: { mode, tables: digestOf({ ...tables }), base: base.id, ...(base.settings ?? {}) },
    ...(base.beside === undefined ? {} : { beside: base.beside }),
    async isAvailable(signal) {
      for (const part of [embedder, base]) {
        const { available, message } = await part.isAvailable(signal);
        if (!available) return { available, message };
      }
      return { available: true, message: `finds the words closest to a picture by ${embedder.id}, behind ${base.id}` };
    },
    async caption(request, signal) {
      signal.throwIfAborted();
      const { text, charges } = await base.caption(request, signal);
      const caption = cleanCaption(text).replace(/[.,;\s]+$/, "");
      const { bytes } = await request.pixels();
      return { text: await interrogate({ picture: bytes, caption, mode, signal }), charges };
    },
  };
}
