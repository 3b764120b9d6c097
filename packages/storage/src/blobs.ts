import { type BlobStore, blobKey, type Digest, PermanentError, sha256Hex } from "@loramill/contracts";
import { assertExpected, collect, createMeter } from "./bytes.ts";
import type { ObjectDriver } from "./driver.ts";

/** Blobs of an object store, each under the digest of its bytes. */
export function createBlobStore(driver: ObjectDriver, options: { readonly maxReadBytes: number }): BlobStore {
  return {
    async put(body, { mediaType, bytes, sha256: known, signal }) {
      const request = { contentType: mediaType, ...given({ bytes, signal }) };
      const announced = { sha256: known, bytes };
      const facts = body instanceof Uint8Array ? { sha256: sha256Hex(body), bytes: body.byteLength } : announced;
      if (facts.sha256 === undefined || facts.bytes === undefined) {
        const { sha256, bytes } = await driver.putContent(blobKey, body, request);
        assertExpected("a new blob", announced, { sha256, bytes });
        return { sha256, bytes, mediaType };
      }
      const blob = { sha256: facts.sha256, bytes: facts.bytes };
      assertExpected("a new blob", announced, blob);
      const there = await driver.head(blobKey(blob.sha256), given({ signal }));
      // Another size can only be a torn object, which is stored again.
      if (there?.bytes !== blob.bytes) await driver.put(blobKey(blob.sha256), body, { ...request, ...blob });
      return { ...blob, mediaType };
    },
    async read({ sha256 }, { maxBytes = options.maxReadBytes, signal } = {}) {
      const object = await driver.get(blobKey(sha256), given({ signal }));
      if (object.totalBytes > maxBytes) {
        throw new PermanentError(`blob ${sha256} has ${object.totalBytes} bytes; ${maxBytes} are allowed here`, {
          code: "blob-too-large",
          details: { sha256, bytes: object.totalBytes, maxBytes },
        });
      }
      const content = await collect(object.body, maxBytes, `blob ${sha256}`);
      if (sha256Hex(content) !== sha256) throw corrupt(sha256, driver.id);
      return content;
    },
    async open({ sha256 }, get = {}) {
      const object = await driver.get(blobKey(sha256), get);
      return get.range === undefined ? { ...object, body: verified(object.body, sha256, driver.id) } : object;
    },
    async has(sha256) {
      return (await driver.head(blobKey(sha256))) !== null;
    },
  };
}

/** Passes a whole blob on and throws at its end when it was not the right one. */
async function* verified(body: AsyncIterable<Uint8Array>, sha256: Digest, id: string): AsyncGenerator<Uint8Array> {
  const meter = createMeter();
  for await (const chunk of body) {
    meter.add(chunk);
    yield chunk;
  }
  if (meter.finish() !== sha256) throw corrupt(sha256, id);
}

function corrupt(sha256: Digest, id: string): PermanentError {
  return new PermanentError(
    `the bytes stored as blob ${sha256} in ${id} are others: the store is damaged; delete the object and resume`,
    { code: "blob-corrupt", details: { sha256 } },
  );
}

/** Leaves out what is undefined, as exact optional properties want it. */
function given<T extends object>(values: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
