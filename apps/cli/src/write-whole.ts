import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UserError } from "@loramill/contracts";

/** Throws UserError `file-exists` for what would be written over, unless that is wanted; asked before work begins. */
export async function refuseExisting(path: string, force = false): Promise<void> {
  if (force) return;
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (isThere)
    throw new UserError(`${path} is there already: name another file, or add --force`, { code: "file-exists" });
}

/**
 * Writes a file under a temporary name beside its own and renames it when all of it is on the disk: whoever looks sees
 * the old file or the new one, never a part. What fails or is aborted leaves nothing behind.
 */
export async function writeWhole(
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: { readonly signal?: AbortSignal; readonly onBytes?: (written: number) => void } = {},
): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}.part`);
  try {
    const handle = await open(temporary, "wx");
    try {
      let written = 0;
      for await (const chunk of chunks) {
        options.signal?.throwIfAborted();
        await handle.appendFile(chunk);
        written += chunk.length;
        options.onBytes?.(written);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    options.signal?.throwIfAborted();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
