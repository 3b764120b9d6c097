import { type FileHandle, open } from "node:fs/promises";
import type { ByteSource, ByteStream } from "@loramill/lora";

/** An open file as the tools read it. */
export interface FileSource extends ByteSource {
  readonly handle: FileHandle;
}

export async function openFile(path: string): Promise<FileSource> {
  const handle = await open(path);
  const { size } = await handle.stat();
  return {
    handle,
    size,
    async bytes(from, to) {
      const buffer = Buffer.allocUnsafeSlow(to - from);
      await handle.read(buffer, 0, buffer.length, from);
      return buffer;
    },
  };
}

/** Bytes that are gathered before they are written. */
const WRITE_BYTES = 4 * 1024 * 1024;

/** Writes a stream to a file, one piece while the next is made. */
export async function writeStream(path: string, { chunks }: ByteStream): Promise<void> {
  const handle = await open(path, "w");
  let writing: Promise<unknown> = Promise.resolve();
  try {
    let held: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of chunks) {
      held.push(chunk);
      bytes += chunk.length;
      if (bytes < WRITE_BYTES) continue;
      await writing;
      writing = handle.writev(held);
      held = [];
      bytes = 0;
    }
    await writing;
    await handle.writev(held);
  } finally {
    await handle.close();
  }
}
