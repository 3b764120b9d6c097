import { randomUUID } from "node:crypto";
import type { ObjectStore, Stores } from "@loramill/contracts";
import { sha256Hex } from "@loramill/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesOf, failureOf, filled, keysOf, textOf } from "./suite-bodies.ts";

export interface StoreUnderTest {
  readonly stores: Stores;
  /** A second view of the same place, as another process has it. */
  readonly other: Stores;
  /** What unfinished puts left: temporary files, open uploads, spooled bodies. */
  readonly leftovers: () => Promise<readonly string[]>;
  /** The largest body tried; at least two parts of the driver. */
  readonly hugeBytes: number;
  readonly close: () => Promise<void>;
}

/** What every driver of the ObjectStore port, and the views on it, must do. `open` may start servers. */
export function runObjectStoreSuite(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`object store: ${name}`, () => {
    let store: StoreUnderTest;
    let objects: ObjectStore;
    /** A prefix of its own for each test, so that a shared bucket is no obstacle. */
    const place = () => `suite/${randomUUID()}/`;

    beforeAll(async () => {
      store = await open();
      objects = store.stores.objects;
    });
    afterAll(async () => {
      if (store === undefined) return;
      const keys = await keysOf(objects, "suite/");
      for (const key of keys) await objects.delete(key);
      await store.close();
    });

    describe("objects", () => {
      it("gives back the bytes, the length and the content type of a put", async () => {
        const key = `${place()}picture.bin`;
        const body = Buffer.from([0, 1, 2, 253, 254, 255]);
        const put = await objects.put(key, body, { contentType: "application/x-test" });
        expect(put).toEqual({ bytes: 6, sha256: sha256Hex(body) });
        const got = await objects.get(key);
        expect([got.bytes, got.totalBytes, got.contentType]).toEqual([6, 6, "application/x-test"]);
        expect(Buffer.from(await bytesOf(got)).equals(body)).toBe(true);
        const head = await objects.head(key);
        expect(head).toMatchObject({ key, bytes: 6 });
        expect(Math.abs((head?.modifiedAt.getTime() ?? 0) - Date.now())).toBeLessThan(600_000);
      });

      it("takes a stream, of announced and of unknown length", async () => {
        const at = place();
        const digest = sha256Hex(await bytesOf({ body: filled(100_000, 3) }));
        expect(await objects.put(`${at}known`, filled(100_000, 3), { bytes: 100_000 })).toEqual({
          bytes: 100_000,
          sha256: digest,
        });
        expect(await objects.put(`${at}unknown`, filled(100_000, 3))).toEqual({ bytes: 100_000, sha256: digest });
        expect(sha256Hex(await bytesOf(await objects.get(`${at}unknown`)))).toBe(digest);
      });

      it("keeps a huge object whole, from a stream and from memory", async () => {
        const at = place();
        const size = store.hugeBytes + 12_345;
        const streamed = await objects.put(`${at}streamed`, filled(size, 5));
        expect(streamed.bytes).toBe(size);
        const whole = await bytesOf(await objects.get(`${at}streamed`));
        expect(sha256Hex(whole)).toBe(streamed.sha256);
        expect(await objects.put(`${at}whole`, whole, { sha256: streamed.sha256, bytes: size })).toEqual(streamed);
        expect((await objects.head(`${at}whole`))?.bytes).toBe(size);
        const tail = await objects.get(`${at}whole`, { range: { start: size - 7 } });
        expect(Buffer.from(await bytesOf(tail)).equals(Buffer.from(whole.subarray(size - 7)))).toBe(true);
        expect(await store.leftovers()).toEqual([]);
      });

      it("keeps an empty object", async () => {
        const key = `${place()}empty`;
        expect(await objects.put(key, new Uint8Array(0))).toEqual({ bytes: 0, sha256: sha256Hex("") });
        expect((await bytesOf(await objects.get(key))).byteLength).toBe(0);
        await objects.put(key, filled(0, 0));
        expect((await objects.head(key))?.bytes).toBe(0);
      });

      it("reads ranges as HTTP does and refuses those outside", async () => {
        const key = `${place()}digits`;
        await objects.put(key, Buffer.from("0123456789"));
        const read = async (start: number, end?: number) => {
          const got = await objects.get(key, { range: { start, ...(end === undefined ? {} : { end }) } });
          expect(got.totalBytes).toBe(10);
          const text = await textOf(got);
          expect(got.bytes).toBe(text.length);
          return text;
        };
        expect(await read(0, 0)).toBe("0");
        expect(await read(3, 5)).toBe("345");
        expect(await read(7)).toBe("789");
        expect(await read(8, 99)).toBe("89");
        for (const range of [{ start: 10 }, { start: 5, end: 4 }, { start: -1 }]) {
          expect(await failureOf(objects.get(key, { range }))).toBe("UserError bad-range");
        }
      });

      it("tells a missing key: get throws, head answers null, delete is fine", async () => {
        const key = `${place()}nothing`;
        expect(await failureOf(objects.get(key))).toBe("PermanentError object-missing");
        expect(await objects.head(key)).toBeNull();
        await objects.delete(key);
      });

      it("deletes at once and for good", async () => {
        const key = `${place()}gone`;
        await objects.put(key, Buffer.from("x"));
        await objects.delete(key);
        expect(await objects.head(key)).toBeNull();
        expect(await failureOf(objects.get(key))).toBe("PermanentError object-missing");
      });

      it("keeps keys of any characters apart", async () => {
        const at = place();
        const names = [
          "ünïcode 图片 🦊.png",
          "a b+c&d=e?.txt",
          "per%cent%20",
          "A",
          "dots..inside",
          "quote'\"(1)!*",
          "~tilde",
        ];
        for (const name of names) await objects.put(at + name, Buffer.from(name));
        for (const name of names) expect(await textOf(await objects.get(at + name))).toBe(name);
        const listed = await keysOf(objects, at);
        expect(listed.toSorted()).toEqual(names.map((name) => at + name).toSorted());
      });

      it("refuses keys that could lead elsewhere", async () => {
        for (const key of [
          "",
          "/absolute",
          "a/../../b",
          "../up",
          "a//b",
          "a/",
          ".",
          "a/./b",
          "nul\0",
          "line\n",
          "x".repeat(1025),
        ]) {
          expect(await failureOf(objects.put(key, Buffer.from("x"))), JSON.stringify(key)).toBe("UserError unsafe-key");
          expect(await failureOf(objects.get(key)), JSON.stringify(key)).toBe("UserError unsafe-key");
        }
      });
    });

    describe("atomic puts", () => {
      it("replaces an object; a reader that began keeps the old one or is told", async () => {
        const key = `${place()}replaced`;
        await objects.put(key, Buffer.alloc(300_000, 1), { contentType: "image/x-old" });
        const began = await objects.get(key);
        await objects.put(key, Buffer.alloc(300_001, 2), { contentType: "image/x-new" });
        const outcome = await bytesOf(began).then(
          (bytes) => bytes.every((byte) => byte === 1) && bytes.byteLength === 300_000,
          (error: { code?: string }) => error.code === "object-changed",
        );
        expect(outcome).toBe(true);
        const now = await objects.get(key);
        expect([now.bytes, now.contentType]).toEqual([300_001, "image/x-new"]);
        await bytesOf(now);
      });

      it("leaves one whole object when several write one key at the same time", async () => {
        const key = `${place()}contended`;
        const bodies = Array.from({ length: 12 }, (_, index) => Buffer.alloc(200_000 + index, index));
        const seen: boolean[] = [];
        const reading = (async () => {
          const look = async () => bytesOf(await store.other.objects.get(key));
          for (let looks = 0; looks < 20; looks += 1) {
            // Not there yet, or replaced between two chunks: both are told, neither is a mixture.
            const bytes = await look().catch(() => null);
            if (bytes !== null) seen.push(bodies.some((body) => body.equals(bytes)));
          }
        })();
        const writers = bodies.map((body, index) => (index % 2 ? objects : store.other.objects).put(key, body));
        await Promise.all(writers);
        await reading;
        expect(seen.every(Boolean)).toBe(true);
        const kept = await bytesOf(await objects.get(key));
        expect(bodies.some((body) => body.equals(kept))).toBe(true);
      });

      it("leaves nothing of a put that is aborted in the middle", async () => {
        const key = `${place()}aborted`;
        const stop = new AbortController();
        async function* body() {
          let sent = 0;
          for await (const chunk of filled(store.hugeBytes * 2, 9)) {
            yield chunk;
            sent += chunk.byteLength;
            if (sent > store.hugeBytes) stop.abort(new Error("enough"));
          }
        }
        await expect(objects.put(key, body(), { signal: stop.signal })).rejects.toThrow("enough");
        expect(await objects.head(key)).toBeNull();
        expect(await store.leftovers()).toEqual([]);
        await expect(objects.put(key, Buffer.from("x"), { signal: stop.signal })).rejects.toThrow("enough");
        expect(await objects.head(key)).toBeNull();
      });

      it("leaves nothing, and the old object, when the body itself fails", async () => {
        const key = `${place()}broken`;
        await objects.put(key, Buffer.from("old"));
        for (const bytes of [1000, store.hugeBytes + 1]) {
          async function* body() {
            yield* filled(bytes, 1);
            throw new Error("the picture ended early");
          }
          await expect(objects.put(key, body())).rejects.toThrow("the picture ended early");
        }
        expect(await textOf(await objects.get(key))).toBe("old");
        expect(await store.leftovers()).toEqual([]);
      });

      it("refuses a body that is not what was announced and stores nothing of it", async () => {
        const at = place();
        const sha256 = sha256Hex("something else");
        for (const [index, body] of [Buffer.from("body"), filled(1000, 1), filled(store.hugeBytes + 1, 1)].entries()) {
          expect(await failureOf(objects.put(`${at}${index}`, body, { sha256 }))).toBe("UserError wrong-digest");
        }
        expect(await failureOf(objects.put(`${at}length`, filled(1000, 1), { bytes: 999 }))).toBe(
          "UserError wrong-length",
        );
        expect(await keysOf(objects, at)).toEqual([]);
        expect(await store.leftovers()).toEqual([]);
      });
    });

    describe("listing", () => {
      it("lists every key once, in the order of UTF-8 bytes, over many pages", async () => {
        const at = place();
        const names = ["a-b", "a.b", "a/b/c", "a/b/d", "a0", "é", "z", "ｚ", "😀", "b/1", "b/10", "b/2"];
        for (let index = 0; index < 25; index += 1) names.push(`many/${String(index).padStart(3, "0")}`);
        await Promise.all(names.map((name) => objects.put(at + name, Buffer.from(name))));
        const sorted = names.map((name) => at + name).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(await keysOf(objects, at)).toEqual(sorted);
        const middle = sorted[10] ?? "";
        expect(await keysOf(objects, at, middle)).toEqual(sorted.slice(11));
        expect(await keysOf(objects, at, `${at}a/b/cc`)).toEqual(
          sorted.filter((key) => Buffer.compare(Buffer.from(key), Buffer.from(`${at}a/b/cc`)) > 0),
        );
        expect(await keysOf(objects, `${at}a/b`)).toEqual([`${at}a/b/c`, `${at}a/b/d`]);
        expect(await keysOf(objects, `${at}man`)).toHaveLength(25);
        expect(await keysOf(objects, `${at}nothing`)).toEqual([]);
      });

      it("says the size and time of what it lists, and may be left early", async () => {
        const at = place();
        for (const size of [1, 2, 3]) await objects.put(`${at}${size}`, Buffer.alloc(size));
        for await (const info of objects.list(at)) {
          expect(info.bytes).toBe(1);
          expect(info.modifiedAt.getTime()).toBeGreaterThan(Date.now() - 600_000);
          break;
        }
      });

      it("stops when its signal aborts", async () => {
        const at = place();
        await objects.put(`${at}1`, Buffer.from("x"));
        const signal = AbortSignal.abort(new Error("no more"));
        const listing = async () => {
          for await (const _ of objects.list(at, { signal })) throw new Error("listed in spite of the signal");
        };
        await expect(listing()).rejects.toThrow("no more");
      });
    });

    describe("signed URLs", () => {
      it("let their holder write and read one key, and nobody else", async (test) => {
        const key = `${place()}signed é+1`;
        const upload = await objects.presign(key, { method: "PUT", expiresSeconds: 60 });
        if (upload === null) return test.skip();
        expect((await fetch(upload, { method: "PUT", body: "by url" })).ok).toBe(true);
        expect(await textOf(await objects.get(key))).toBe("by url");
        const url = (await objects.presign(key, { method: "GET", expiresSeconds: 60 })) ?? "";
        expect(await (await fetch(url)).text()).toBe("by url");
        expect(await (await fetch(url, { headers: { range: "bytes=3-5" } })).text()).toBe("url");
        const forged = url.replace(
          /([Ss]ignature=)(.)/,
          (_, name: string, char: string) => name + (char === "1" ? "2" : "1"),
        );
        const elsewhere = url.replace("%2B1", "%2B2");
        const attempts: [string, RequestInit][] = [
          [forged, {}],
          [elsewhere, {}],
          [url, { method: "PUT", body: "overwritten" }],
          [url.split("?")[0] ?? "", {}],
        ];
        for (const [target, request] of attempts) {
          const answer = await fetch(target, request);
          await answer.arrayBuffer();
          expect(answer.status, target).toBe(403);
        }
        expect(await textOf(await objects.get(key))).toBe("by url");
      });

      it("are not made for more than a week or no time", async () => {
        for (const expiresSeconds of [0, -1, 604_801, Number.NaN]) {
          expect(
            await failureOf(
              objects
                .presign("suite/x", { method: "GET", expiresSeconds })
                .then((url) => url ?? Promise.reject({ name: "UserError", code: "bad-expiry" })),
            ),
          ).toBe("UserError bad-expiry");
        }
      });
    });

    describe("blobs", () => {
      it("stores equal bytes once, from memory and from streams", async () => {
        const { blobs } = store.stores;
        const salt = Buffer.from(randomUUID());
        const first = await blobs.put(salt, { mediaType: "text/plain" });
        expect(first).toEqual({ sha256: sha256Hex(salt), bytes: 36, mediaType: "text/plain" });
        const before = await objects.head(`blobs/${first.sha256}`);
        async function* pieces() {
          yield salt.subarray(0, 10);
          yield salt.subarray(10);
        }
        expect(await blobs.put(pieces(), { mediaType: "text/plain" })).toEqual(first);
        expect(await store.other.blobs.put(salt, { mediaType: "text/plain" })).toEqual(first);
        expect(await objects.head(`blobs/${first.sha256}`)).toEqual(before);
        expect(await blobs.has(first.sha256)).toBe(true);
        expect(Buffer.from(await blobs.read(first)).equals(salt)).toBe(true);
        await objects.delete(`blobs/${first.sha256}`);
        expect(await blobs.has(first.sha256)).toBe(false);
      });

      it("streams a large blob and ranges of it", async () => {
        const { blobs } = store.stores;
        const ref = await blobs.put(filled(store.hugeBytes + 3, 77), { mediaType: "application/octet-stream" });
        expect(ref.bytes).toBe(store.hugeBytes + 3);
        const got = await blobs.open(ref);
        expect(sha256Hex(await bytesOf(got))).toBe(ref.sha256);
        const end = await blobs.open(ref, { range: { start: store.hugeBytes } });
        expect((await bytesOf(end)).byteLength).toBe(3);
        expect(await store.leftovers()).toEqual([]);
        await objects.delete(`blobs/${ref.sha256}`);
      });

      it("leaves nothing when the stream of a blob fails or is aborted", async () => {
        const stop = new AbortController();
        async function* body() {
          yield* filled(store.hugeBytes, 78);
          stop.abort(new Error("enough"));
          yield Buffer.from("more");
        }
        const put = store.stores.blobs.put(body(), { mediaType: "x/y", signal: stop.signal });
        await expect(put).rejects.toThrow("enough");
        expect(await store.leftovers()).toEqual([]);
      });

      it("notices damaged bytes when it reads them", async () => {
        const { blobs } = store.stores;
        const ref = await blobs.put(Buffer.from(`damage ${randomUUID()}`), { mediaType: "text/plain" });
        await objects.put(`blobs/${ref.sha256}`, Buffer.from(`DAMAGE ${randomUUID()}`));
        expect(await failureOf(blobs.read(ref))).toBe("PermanentError blob-corrupt");
        expect(await failureOf(blobs.open(ref).then(bytesOf))).toBe("PermanentError blob-corrupt");
        await objects.delete(`blobs/${ref.sha256}`);
      });

      it("does not read more into memory than allowed", async () => {
        const { blobs } = store.stores;
        const ref = await blobs.put(Buffer.from(`large ${randomUUID()}`), { mediaType: "text/plain" });
        expect(await failureOf(blobs.read(ref, { maxBytes: 10 }))).toBe("PermanentError blob-too-large");
        await objects.delete(`blobs/${ref.sha256}`);
        expect(await failureOf(blobs.read(ref))).toBe("PermanentError object-missing");
      });
    });

    describe("documents and memos", () => {
      it("keeps a document under the digest of its canonical form and reads it anywhere", async () => {
        const part = sha256Hex(randomUUID());
        const digest = await store.stores.documents.put("parts", { parts: [part], b: 1, a: [2] });
        expect(await store.other.documents.put("parts", { a: [2], b: 1, parts: [part] })).toBe(digest);
        expect(await store.other.documents.get("parts", digest)).toEqual({ parts: [part], b: 1, a: [2] });
        expect(await store.stores.documents.get("parts", digest)).toEqual({ parts: [part], b: 1, a: [2] });
        await objects.delete(`documents/parts/${digest}.json`);
      });

      it("checks documents on the way in and out", async () => {
        const wrong = { parts: ["not a digest"] };
        expect(await failureOf(store.stores.documents.put("parts", wrong))).toBe("PermanentError bad-document");
        const digest = sha256Hex(randomUUID());
        expect(await failureOf(store.stores.documents.get("parts", digest))).toBe("PermanentError object-missing");
        await objects.put(`documents/parts/${digest}.json`, Buffer.from('{"parts":[]}'));
        expect(await failureOf(store.stores.documents.get("parts", digest))).toBe("PermanentError document-corrupt");
        await objects.delete(`documents/parts/${digest}.json`);
        const text = JSON.stringify(wrong);
        await objects.put(`documents/parts/${sha256Hex(text)}.json`, Buffer.from(text));
        expect(await failureOf(store.stores.documents.get("parts", sha256Hex(text)))).toBe(
          "PermanentError bad-document",
        );
        await objects.delete(`documents/parts/${sha256Hex(text)}.json`);
      });

      it("hands out documents that their readers may change without changing them for others", async () => {
        const digest = await store.stores.documents.put("parts", { parts: [], list: [1] });
        const mine = await store.stores.documents.get("parts", digest);
        (mine.list as number[]).push(2);
        expect(await store.stores.documents.get("parts", digest)).toEqual({ parts: [], list: [1] });
        await objects.delete(`documents/parts/${digest}.json`);
      });

      it("remembers memos, also for other processes, and takes a torn one for lost", async () => {
        const key = sha256Hex(randomUUID());
        expect(await store.stores.memos.find("facts", key)).toBeUndefined();
        await store.stores.memos.put("facts", key, { sharp: 0.5, list: [null, "é"] });
        expect(await store.stores.memos.find("facts", key)).toEqual({ sharp: 0.5, list: [null, "é"] });
        expect(await store.other.memos.find("facts", key)).toEqual({ sharp: 0.5, list: [null, "é"] });
        const torn = sha256Hex(randomUUID());
        await objects.put(`memos/facts/${torn}.json`, Buffer.from('{"sharp":0.'));
        expect(await store.stores.memos.find("facts", torn)).toBeUndefined();
        for (const one of [key, torn]) await objects.delete(`memos/facts/${one}.json`);
      });
    });
  });
}
