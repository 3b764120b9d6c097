import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { UserError } from "@loramill/contracts";
import { errorCode } from "../file/errors.ts";

const CHUNK_BYTES = 256 * 1024;

/** Neither follows a link that took the file's place, nor waits for a writer of a pipe that did. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export interface LocalFileOptions {
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** Streams a file on this machine. UserError when it is unreadable, is no plain file, or grows over `maxBytes`. */
export async function* readLocalFile(
  path: string,
  name: string,
  options: LocalFileOptions,
): AsyncGenerator<Uint8Array> {
  options.signal?.throwIfAborted();
  const { file, size } = await openPlain(path, name);
  try {
    let bytes = 0;
    for (;;) {
      options.signal?.throwIfAborted();
      // One byte more than is expected, so that the usual file is read and found to end in one go.
      const wanted = Math.min(CHUNK_BYTES, Math.max(size - bytes, 0) + 1);
      const chunk = Buffer.allocUnsafeSlow(wanted);
      const bytesRead = await readInto(file, chunk, name);
      bytes += bytesRead;
      if (bytes > options.maxBytes) {
        throw new UserError(`${name} grew over the ${options.maxBytes} bytes a file may have (SOURCE_MAX_FILE_BYTES)`, {
          code: "file-too-large",
        });
      }
      if (bytesRead > 0) yield bytesRead === wanted ? chunk : chunk.subarray(0, bytesRead);
      if (bytesRead === 0 || (bytesRead < wanted && bytes >= size)) return;
    }
  } finally {
    await file.close();
  }
}

async function openPlain(path: string, name: string): Promise<{ file: FileHandle; size: number }> {
  let file: FileHandle;
  try {
    file = await open(path, FLAGS);
  } catch (error) {
    throw describeReadError(error, name);
  }
  const stats = await file.stat();
  if (stats.isFile()) return { file, size: stats.size };
  await file.close();
  throw new UserError(`${name} is not a plain file any more`, { code: "not-a-file" });
}

async function readInto(file: FileHandle, chunk: Buffer, name: string): Promise<number> {
  try {
    return (await file.read(chunk, 0, chunk.byteLength, null)).bytesRead;
  } catch (error) {
    throw describeReadError(error, name);
  }
}

/** What people are told about a file or folder of theirs that cannot be read; errors of ours pass through. */
export function describeReadError(error: unknown, name: string): unknown {
  const code = errorCode(error);
  const reason: Readonly<Record<string, readonly [string, string]>> = {
    EACCES: ["unreadable", "may not be read by the user that runs the mill: change its mode or owner"],
    EPERM: ["unreadable", "may not be read by the user that runs the mill: change its mode or owner"],
    ENOENT: ["missing", "does not exist"],
    ENOTDIR: ["missing", "does not exist"],
    ELOOP: ["link", "is a symbolic link that leads nowhere or in circles"],
    ENXIO: ["not-a-file", "is not a plain file"],
    EISDIR: ["not-a-file", "is a folder"],
    EIO: ["unreadable", "cannot be read: the disk reports a failure (EIO)"],
    ENAMETOOLONG: ["unreadable", "has a name that is too long"],
  };
  const [own, text] = reason[code ?? ""] ?? [];
  if (own === undefined || text === undefined) return error;
  return new UserError(`${name} ${text}`, { code: own, cause: error });
}
