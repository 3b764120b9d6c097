import {
  canonicalJson,
  type Digest,
  type DocumentKind,
  type DocumentOf,
  type DocumentStore,
  documentKey,
  documentKinds,
  PermanentError,
  sha256Hex,
} from "@loramill/contracts";
import { collect } from "./bytes.ts";
import type { ObjectDriver } from "./driver.ts";
import type { TextCache } from "./text-cache.ts";

/** Typed JSON documents, each under the digest of its canonical form; the schema is checked on the way in and out. */
export function createDocumentStore(
  driver: ObjectDriver,
  options: { readonly cache: TextCache; readonly maxBytes: number },
): DocumentStore {
  const { cache, maxBytes } = options;
  const read = async (key: string, digest: Digest): Promise<string> => {
    const { body } = await driver.get(key);
    const bytes = await collect(body, maxBytes, key);
    if (sha256Hex(bytes) !== digest) {
      throw new PermanentError(`the document ${key} in ${driver.id} is not the one that was stored there`, {
        code: "document-corrupt",
        details: { key },
      });
    }
    return Buffer.from(bytes).toString("utf8");
  };
  return {
    async put(kind, value) {
      const text = canonicalJson(parse(kind, value, "to be stored"));
      const bytes = Buffer.from(text);
      const digest = sha256Hex(bytes);
      const key = documentKey(kind, digest);
      if ((await driver.head(key))?.bytes !== bytes.byteLength) {
        await driver.put(key, bytes, { contentType: "application/json", sha256: digest, bytes: bytes.byteLength });
      }
      cache.set(key, text);
      return digest;
    },
    async get(kind, digest) {
      const key = documentKey(kind, digest);
      const known = cache.get(key);
      const text = known ?? (await read(key, digest));
      if (known === undefined) cache.set(key, text);
      return parse(kind, JSON.parse(text), digest);
    },
  };
}

function parse<K extends DocumentKind>(kind: K, value: unknown, which: string): DocumentOf<K> {
  const result = documentKinds[kind].safeParse(value);
  if (result.success) return result.data as DocumentOf<K>;
  const [issue] = result.error.issues;
  throw new PermanentError(
    `the ${kind} document ${which} does not match its schema: ${issue?.path.join(".")}: ${issue?.message}`,
    { code: "bad-document", cause: result.error },
  );
}
