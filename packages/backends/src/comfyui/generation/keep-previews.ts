import { type PreviewedItem, previewKey } from "@loramill/contracts";
import type { SeenPreview } from "../prompt-socket.ts";
import type { GenerationDeps, Turn } from "./generation-deps.ts";
import type { GenerationRecord, ItemRecord } from "./generation-record.ts";

/** Puts a look at an item over the one before it, where it was seen so much later. */
export async function keepPreview(turn: Turn, { index, previewAt }: ItemRecord, seen: SeenPreview): Promise<void> {
  const { previewMs } = turn.options;
  if (previewMs === null || (previewAt !== null && seen.at.getTime() - Date.parse(previewAt) < previewMs)) return;
  const { bytes, mediaType: contentType } = seen;
  const { signal, job } = turn.context;
  await turn.stores.objects.put(previewKey(job, index), bytes, { contentType, bytes: bytes.length, signal });
  turn.change(index, { previewAt: seen.at.toISOString() });
}

/** Takes away the looks at items that no server works on any more. */
export async function dropPreviews(turn: Turn): Promise<void> {
  const over = turn.record.items.filter(({ state, previewAt }) => state !== "sent" && previewAt !== null);
  for (const { index } of over) {
    await turn.stores.objects.delete(previewKey(turn.context.job, index));
    turn.change(index, { previewAt: null });
  }
}

/** The same for all items of a job that ends. */
export async function dropAllPreviews(
  job: string,
  { items }: GenerationRecord,
  { stores }: Pick<GenerationDeps, "stores">,
): Promise<void> {
  for (const { index, previewAt } of items) {
    if (previewAt !== null) await stores.objects.delete(previewKey(job, index));
  }
}

export const previewsOf = ({ items }: GenerationRecord): readonly PreviewedItem[] =>
  items.flatMap(({ index, previewAt }) => (previewAt === null ? [] : { index, at: new Date(previewAt) }));
