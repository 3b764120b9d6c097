import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ObjectStore } from "@loramill/contracts";
import { describeLora, objectSource, readSafetensorsHeader, streamSafetensors } from "@loramill/lora";
import { openStores } from "@loramill/storage";
import { startS3Server } from "@loramill/testkit";
import { sdxlLayers, sdxlLora } from "./sdxl-lora.ts";

/** The rank by which a LoRA of SDXL's layers has two gigabytes. */
const RANK = 288;
const KEY = "large.safetensors";

/** Bytes of an object of 2 GB in an S3 store that come over the line while it is described. */
export async function inspectedBytes(folder: string): Promise<number> {
  const root = join(folder, "s3");
  const lora = streamSafetensors(sdxlLora(sdxlLayers(), RANK, RANK, 1));
  if (lora.size < 2e9) throw new Error(`the file has only ${lora.size} bytes`);
  const { value: header } = await lora.chunks[Symbol.asyncIterator]().next();
  await withStore(root, folder, (objects) => objects.put(KEY, header as Uint8Array));
  await enlarge(root, lora.size);
  return withStore(root, folder, async (objects) => {
    const counted = counting(objects);
    const found = describeLora(await readSafetensorsHeader(await objectSource(counted, KEY)));
    if (found.modules !== sdxlLayers().length) throw new Error(`${found.modules} modules were found`);
    return counted.received();
  });
}

async function withStore<T>(root: string, spoolFolder: string, use: (objects: ObjectStore) => Promise<T>): Promise<T> {
  const { endpoint, credentials, bucket, stop } = await startS3Server({ folder: root });
  const s3 = { endpoint, credentials, forcePathStyle: true, spoolFolder };
  const stores = await openStores({ url: `s3://${bucket}`, s3 });
  try {
    return await use(stores.objects);
  } finally {
    await stores.close();
    await stop();
  }
}

/** Makes the server's only object, while it is down, as long as its header says, by a hole that takes no room on the disk. */
async function enlarge(root: string, bytes: number): Promise<void> {
  const path = join(root, "loramill.json");
  const bucket = JSON.parse(await readFile(path, "utf8")) as { objects: { data: string; bytes: number }[] };
  for (const object of bucket.objects) {
    object.bytes = bytes;
    await truncate(join(root, "data", object.data), bytes);
  }
  await writeFile(path, JSON.stringify(bucket));
}

function counting(objects: ObjectStore): Pick<ObjectStore, "get" | "head"> & { received(): number } {
  let bytes = 0;
  return {
    received: () => bytes,
    head: (...asked) => objects.head(...asked),
    async get(...asked) {
      const found = await objects.get(...asked);
      const { body } = found;
      async function* counted() {
        for await (const chunk of body) {
          bytes += chunk.length;
          yield chunk;
        }
      }
      return { ...found, body: counted() };
    },
  };
}
