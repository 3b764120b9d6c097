import { Readable } from "node:stream";
import { PermanentError } from "@loramill/contracts";
import { extract } from "tar-stream";

/** An archive of a trainer holds captions and samples too; more than this is none of a trainer. */
const MAX_ENTRIES = 10_000;

/**
 * The one LoRA of a trainer's archive, found by its suffix because trainers lay their archives out as they please. Only
 * plain files are read, and nothing is written under a name of the archive. PermanentError `bad-weights` when there is
 * none, several, or one larger than `maxBytes`.
 */
export async function readWeightsTar(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const entries = extract();
  const source = Readable.from(body, { objectMode: false });
  source.on("error", (error) => entries.destroy(error));
  source.pipe(entries);
  let found: { readonly name: string; readonly bytes: Uint8Array } | null = null;
  let count = 0;
  try {
    for await (const entry of entries) {
      count += 1;
      if (count > MAX_ENTRIES) throw bad(`it has more than ${MAX_ENTRIES} entries`);
      const { name, type, size = 0 } = entry.header;
      if (type !== "file" || !name.endsWith(".safetensors")) {
        entry.resume();
        continue;
      }
      if (found !== null) throw bad(`it has several LoRAs, ${found.name} and ${name}`);
      if (size > maxBytes) throw bad(`${name} has ${size} bytes, and ${maxBytes} are the limit`);
      found = { name, bytes: Buffer.concat(await Array.fromAsync(entry as AsyncIterable<Buffer>)) };
    }
  } catch (error) {
    if (error instanceof PermanentError || source.errored === error) throw error;
    throw bad(error instanceof Error ? error.message : String(error));
  } finally {
    source.destroy();
  }
  if (found === null) throw bad("it has no .safetensors file");
  return found.bytes;
}

function bad(why: string): PermanentError {
  return new PermanentError(`The trained weights from Replicate cannot be used: ${why}`, { code: "bad-weights" });
}
