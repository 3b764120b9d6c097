import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join, normalize, sep } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { UserError } from "@loramill/contracts";
import { extract } from "tar-stream";

/** Unpacks a tar into a folder, one file after the other, and answers how many there were. */
export async function unpackTar(body: ReadableStream<Uint8Array>, folder: string): Promise<number> {
  const tar = extract();
  const reading: Promise<void> = pipeline(
    Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]),
    tar as unknown as NodeJS.WritableStream,
  );
  reading.catch(() => {}); // The loop below ends with it.
  let files = 0;
  for await (const entry of tar) {
    const name = normalize(entry.header.name);
    if (name.startsWith("..") || name.startsWith(sep)) {
      throw new UserError(`the archive holds a path outside of itself: ${entry.header.name}`, { code: "bad-archive" });
    }
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await pipeline(Readable.from(entry as AsyncIterable<Uint8Array>), createWriteStream(path));
    files += 1;
  }
  await reading;
  return files;
}
