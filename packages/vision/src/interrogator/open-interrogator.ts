import { createInterrogatorCaptioner, interrogationTables, ownLists } from "@loramill/captioning";
import { type Captioner, type ImageTextEmbedder, PermanentError, type Stores } from "@loramill/contracts";
import type { InterrogatorOptions } from "./interrogator-config.ts";
import { readLists } from "./read-lists.ts";
import { rememberPoints } from "./remember-points.ts";

export interface InterrogatorParts {
  readonly embedder: ImageTextEmbedder;
  /** Writes what prompts begin with. */
  readonly base: Captioner;
  readonly stores: Pick<Stores, "memos" | "blobs">;
}

/** The interrogator over a configured embedder; lists that cannot be read make it unavailable with a message, and nothing else. */
export async function openInterrogator(
  { mode, lists }: InterrogatorOptions,
  { embedder, base, stores }: InterrogatorParts,
): Promise<Captioner & { close(): Promise<void> }> {
  const read = await (lists === null ? Promise.resolve(ownLists) : readLists(lists)).catch((error: unknown) => {
    if (error instanceof PermanentError) return error;
    throw error;
  });
  const tables = interrogationTables(read instanceof PermanentError ? ownLists : read);
  const captioner = createInterrogatorCaptioner({
    embedder,
    tables,
    mode,
    base,
    points: rememberPoints(embedder, stores),
  });
  // What it works with is closed by whoever opened it.
  const close = async () => undefined;
  if (!(read instanceof PermanentError)) return { ...captioner, close };
  return {
    ...captioner,
    isAvailable: async () => ({ available: false, message: read.message }),
    caption: async () => {
      throw read;
    },
    close,
  };
}
