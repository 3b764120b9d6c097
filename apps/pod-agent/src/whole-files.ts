import { open } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type FileFacts, orNull } from "./files.ts";

const Offsets = z.record(z.string(), z.looseObject({ data_offsets: z.tuple([z.int(), z.int()]).optional() }));
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Whether the files of a save are finished: a safetensors file says in its header how long it will be, of others it is only
 * seen that they no longer change.
 */
export async function areWhole(folder: string, files: readonly FileFacts[], now: number, quietMs: number) {
  for (const file of files) {
    if (now - file.modifiedMs < quietMs) return false;
    if (file.path.endsWith(".safetensors") && (await promisedBytes(join(folder, file.path))) !== file.bytes)
      return false;
  }
  return true;
}

/** Length that the header of a safetensors file claims; null when there is no such header yet. */
async function promisedBytes(path: string): Promise<number | null> {
  const file = await orNull(open(path, "r"));
  if (file === null) return null;
  try {
    const { buffer: first, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
    if (bytesRead < 8) return null;
    const length = Number(first.readBigUInt64LE(0));
    if (length > MAX_HEADER_BYTES) return null;
    const { buffer: json, bytesRead: read } = await file.read(Buffer.alloc(length), 0, length, 8);
    if (read < length) return null;
    const { __metadata__: _metadata, ...tensors } = JSON.parse(json.toString("utf8")) as Record<string, unknown>;
    const ends = Object.values(Offsets.parse(tensors)).map(({ data_offsets: at }) => at?.[1] ?? 0);
    return 8 + length + Math.max(0, ...ends);
  } catch {
    // Half a header is not JSON yet.
    return null;
  } finally {
    await file.close();
  }
}
