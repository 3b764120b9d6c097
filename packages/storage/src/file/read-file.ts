import type { Stats } from "node:fs";
import { open } from "node:fs/promises";
import { TransientError } from "@loramill/contracts";

const CHUNK_BYTES = 256 * 1024;

export interface FileRange {
  readonly start: number;
  readonly bytes: number;
  /** What the file was when the read was begun. */
  readonly expected: Stats;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Bytes of a file in chunks. The file is opened with the first chunk, so that a body nobody reads holds no handle;
 * when it was replaced since, that is said (TransientError `object-changed`) instead of mixing two files.
 */
export async function* readRange(path: string, range: FileRange): AsyncGenerator<Uint8Array> {
  range.signal?.throwIfAborted();
  const file = await open(path, "r");
  try {
    const now = await file.stat();
    const { ino, size, mtimeMs } = range.expected;
    if (now.ino !== ino || now.size !== size || now.mtimeMs !== mtimeMs) throw changed(path);
    let position = range.start;
    let left = range.bytes;
    while (left > 0) {
      range.signal?.throwIfAborted();
      const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, left));
      const { bytesRead } = await file.read(chunk, 0, chunk.byteLength, position);
      if (bytesRead === 0) throw changed(path);
      position += bytesRead;
      left -= bytesRead;
      yield bytesRead === chunk.byteLength ? chunk : chunk.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

function changed(path: string): TransientError {
  return new TransientError(`${path} was replaced while it was read; read it again`, { code: "object-changed" });
}
