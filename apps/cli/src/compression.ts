import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline, Readable, type Transform } from "node:stream";
import { createGunzip, createGzip, createZstdCompress, createZstdDecompress } from "node:zlib";
import { UserError } from "@loramill/contracts";

/** Packs a stream as the name of its file says: `.gz`, `.zst`, or not at all. */
export function compressFor(name: string, body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  if (/\.t?gz$/i.test(name)) return through(body, createGzip());
  return /\.zst$/i.test(name) ? through(body, createZstdCompress()) : body;
}

/** The bytes of a file, unpacked where its first bytes say that it is packed: names lie. UserError `archive-damaged`. */
export async function readDecompressed(file: string): Promise<AsyncIterable<Uint8Array>> {
  const magic = await firstBytes(file);
  const body = createReadStream(file, { highWaterMark: 256 * 1024 });
  if (magic.startsWith("1f8b")) return described(through(body, createGunzip()), file);
  return magic === "28b52ffd" ? described(through(body, createZstdDecompress()), file) : body;
}

/** A reader that stops early, and what fails on either side, ends both. */
function through(body: AsyncIterable<Uint8Array>, packer: Transform): AsyncIterable<Uint8Array> {
  return pipeline(Readable.from(body, { objectMode: false }), packer, () => {}); // The reader meets the error itself.
}

async function* described(body: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    if (!/^(?:Z_|ZSTD_|ERR_ZSTD)/.test(code)) throw cause;
    throw new UserError(`${file} is cut off or damaged (${code}): copy or export it again`, {
      code: "archive-damaged",
      cause,
    });
  }
}

async function firstBytes(file: string): Promise<string> {
  const handle = await open(file, "r").catch((cause: unknown) => {
    throw new UserError(`${file} cannot be read: is it there?`, { code: "missing", cause });
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString("hex", 0, bytesRead);
  } finally {
    await handle.close();
  }
}
