import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isArchiveName, UserError, withoutArchiveExtension } from "@loramill/contracts";
import { readArchive } from "./archive.ts";
import type { SourceLimits } from "./source-config.ts";
import { refuse, type SourceEntry } from "./source-entry.ts";

/**
 * The archives of a folder by name, such as the shards of a WebDataset; null for a path that is no folder. UserError
 * `no-archives` for a folder without any.
 */
export async function listShards(path: string): Promise<readonly string[] | null> {
  const folder = resolve(path);
  const stats = await stat(folder).catch(() => null);
  if (stats === null || !stats.isDirectory()) return null;
  const names = (await readdir(folder)).filter(isArchiveName).sort();
  if (names.length > 0) return names.map((name) => join(folder, name));
  throw new UserError(`${path} holds no .zip or .tar; give a folder of pictures as type: folder`, {
    code: "no-archives",
  });
}

/**
 * An archive, or all of a folder: then the files of each lie in a folder of its name, and one that cannot be read is
 * refused while the others go on. The limits hold for each archive.
 */
export async function* readArchives(
  path: string,
  options: { readonly limits: SourceLimits; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<SourceEntry> {
  const shards = await listShards(path);
  if (shards === null) {
    yield* readArchive(path, options);
    return;
  }
  for (const shard of shards) {
    const name = shard.slice(resolve(path).length + 1);
    const prefix = `${withoutArchiveExtension(name)}/`;
    try {
      for await (const entry of readArchive(shard, options)) yield { ...entry, path: prefix + entry.path };
    } catch (error) {
      if (!(error instanceof UserError) || options.signal?.aborted) throw error;
      yield refuse(name, error.code, error.message);
    }
  }
}
