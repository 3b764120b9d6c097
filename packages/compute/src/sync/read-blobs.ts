import { createHash } from "node:crypto";
import { blobKey, type Digest, type ObjectStore, type PicturePack } from "@loramill/contracts";

/** Pictures are small and each costs a request: so many are fetched while one is read. */
const AHEAD = 8;

/** The bytes of blobs one after another. PermanentError `object-missing` where the store lacks one. */
export async function* readBlobs(
  objects: Pick<ObjectStore, "get">,
  digests: Iterable<Digest>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const pending = [...digests];
  // A single blob may be a model of many gigabytes.
  if (pending.length === 1 && pending[0] !== undefined) {
    yield* (await objects.get(blobKey(pending[0]), { signal })).body;
    return;
  }
  const stopped = new AbortController();
  const either = AbortSignal.any([signal, stopped.signal]);
  const coming: Promise<Uint8Array>[] = [];
  const fetchNext = () => {
    const next = pending.shift();
    if (next === undefined) return;
    const whole = readWhole(objects, next, either);
    // One that fails is told of when its turn comes, or not at all.
    whole.catch(() => undefined);
    coming.push(whole);
  };
  try {
    for (let n = 0; n < AHEAD; n += 1) fetchNext();
    for (let first = coming.shift(); first !== undefined; first = coming.shift()) {
      yield await first;
      fetchNext();
    }
  } finally {
    stopped.abort();
  }
}

/** What a pack's file is known by in caches. All of its pictures are read for it. */
export async function digestPack(
  objects: Pick<ObjectStore, "get">,
  { places }: PicturePack,
  signal: AbortSignal,
): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const chunk of readBlobs(objects, places.keys(), signal)) hash.update(chunk);
  return hash.digest("hex");
}

async function readWhole(objects: Pick<ObjectStore, "get">, sha256: Digest, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await objects.get(blobKey(sha256), { signal })).body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
