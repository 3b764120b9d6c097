import { type BlobStore, type SourceItem, UserError, withoutArchiveExtension } from "@loramill/contracts";
import { readArchive } from "./archive.ts";
import type { SourceLimits } from "./source-config.ts";
import { refuse, type SourceEntry } from "./source-entry.ts";
import { problemOfPath } from "./source-names.ts";
import { fetchToFile } from "./uploaded-file.ts";

/**
 * The files of an archive that lies in the store. Zips are read from their end, so the bytes are fetched into a temporary
 * file first, which is gone when the reading ends. An archive that cannot be read is refused, and other items go on.
 */
export async function* readStoredArchive(
  item: SourceItem,
  options: {
    readonly blobs: Pick<BlobStore, "open"> | undefined;
    readonly limits: SourceLimits;
    /** The only item of its source: its files keep their paths. Others lie in a folder named like the archive. */
    readonly alone: boolean;
    readonly signal?: AbortSignal | undefined;
  },
): AsyncGenerator<SourceEntry> {
  const { blobs, limits, alone, signal } = options;
  if (blobs === undefined) {
    yield refuse(item.path, "archive", "is an archive, and is not unpacked here");
    return;
  }
  const prefix = alone ? "" : `${withoutArchiveExtension(item.path)}/`;
  const file = await fetchToFile(item, { blobs, signal });
  try {
    for await (const entry of readArchive(file.path, { limits, signal })) {
      const named = prefix + entry.path;
      const problem = entry.kind === "file" ? problemOfPath(named) : null;
      yield problem === null ? { ...entry, path: named } : refuse(named, problem.code, problem.problem);
    }
  } catch (error) {
    if (!(error instanceof UserError) || signal?.aborted) throw error;
    yield refuse(item.path, error.code, error.message);
  } finally {
    await file.remove();
  }
}
