import { canonicalJson, type MemoStore, memoKey } from "@loramill/contracts";
import { collect, isMissing } from "./bytes.ts";
import type { ObjectDriver } from "./driver.ts";
import type { TextCache } from "./text-cache.ts";

/** Results under the digest of what they were computed from. One that cannot be read counts as never computed. */
export function createMemoStore(
  driver: ObjectDriver,
  options: { readonly cache: TextCache; readonly maxBytes: number },
): MemoStore {
  const { cache, maxBytes } = options;
  return {
    async find(kind, digest) {
      const key = memoKey(kind, digest);
      const text = cache.get(key) ?? (await read(driver, key, maxBytes));
      if (text === undefined) return undefined;
      const value = parseOrLost(text);
      if (value !== undefined) cache.set(key, text);
      return value;
    },
    async put(kind, digest, value) {
      const key = memoKey(kind, digest);
      const text = canonicalJson(value);
      const bytes = Buffer.from(text);
      await driver.put(key, bytes, { contentType: "application/json", bytes: bytes.byteLength });
      cache.set(key, text);
    },
  };
}

async function read(driver: ObjectDriver, key: string, maxBytes: number): Promise<string | undefined> {
  try {
    const { body } = await driver.get(key);
    return Buffer.from(await collect(body, maxBytes, key)).toString("utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** A memo torn by a power cut (memos are not synced) is lost, not an error. */
function parseOrLost(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
