import { BlobRef, type Digest, digestOf, type JobId, type SourceItem, type Stores } from "@loramill/contracts";
import type { SourceEntry } from "@loramill/storage";
import { z } from "zod";

const MEMO_KIND = "read-files";
/** Files between two notes: what a killed process reads again at most. */
const FILES_PER_NOTE = 1024;

const Note = z.array(z.object({ path: z.string(), bytes: z.int(), modifiedMs: z.number(), blob: BlobRef }));
type Noted = z.output<typeof Note>[number];

/** Which files of a source a job has in the store already, so that one that was stopped does not read them again. */
export interface ReadingNotes {
  /** What was made of a file, if it has not changed since and is still in the store. */
  find(entry: SourceEntry): Promise<SourceItem | undefined>;
  add(entry: SourceEntry, item: SourceItem): Promise<void>;
  /** Keeps what was added since the last note. */
  flush(): Promise<void>;
}

/**
 * The notes of a job on one of its sources. They hold for this job alone: another run asks its sources anew. Only files
 * whose server or system says when they were changed are noted.
 */
export async function openReadingNotes(
  { memos, blobs }: Pick<Stores, "memos" | "blobs">,
  of: { readonly job: JobId; readonly source: number },
): Promise<ReadingNotes> {
  const keyOf = (note: number): Digest => digestOf({ ...of, note });
  const known = new Map<string, Noted>();
  let notes = 0;
  for (;;) {
    const note = Note.safeParse(await memos.find(MEMO_KIND, keyOf(notes))).data;
    if (note === undefined) break;
    for (const one of note) known.set(one.path, one);
    notes += 1;
  }
  let added: Noted[] = [];
  const flush = async () => {
    if (added.length === 0) return;
    const note = added;
    added = [];
    await memos.put(MEMO_KIND, keyOf(notes++), note);
  };
  return {
    async find(entry) {
      if (entry.kind !== "file") return undefined;
      const noted = known.get(entry.path);
      if (noted === undefined || noted.bytes !== entry.bytes || noted.modifiedMs !== entry.modifiedMs) return undefined;
      return (await blobs.has(noted.blob.sha256)) ? { path: entry.path, blob: noted.blob } : undefined;
    },
    async add(entry, { path, blob }) {
      if (entry.kind !== "file" || entry.modifiedMs === undefined) return;
      added.push({ path, bytes: entry.bytes, modifiedMs: entry.modifiedMs, blob });
      if (added.length >= FILES_PER_NOTE) await flush();
    },
    flush,
  };
}
