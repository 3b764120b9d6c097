import { fork } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitUntil } from "@loramill/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type FileStore, openFileStore } from "./file-store.ts";

let root: string;
let now = new Date();
const open = (): Promise<FileStore> =>
  openFileStore({ root, publicUrl: null, sync: "always", volatilePrefixes: ["memos/"], clock: { now: () => now } });

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "loramill-file-store-"));
  now = new Date();
});
afterEach(() => rm(root, { recursive: true, force: true }));

it("keeps objects as plain files under their keys, and nothing else but its private folder", async () => {
  const store = await open();
  const png = Buffer.from("\x89PNG\r\n\x1a\n and so on", "latin1");
  await store.put("blobs/abc", png, { contentType: "image/png" });
  await store.put("documents/parts/1.json", Buffer.from("{}"), { contentType: "application/json" });
  expect((await readFile(join(root, "blobs/abc"))).equals(png)).toBe(true);
  expect((await readdir(root)).sort()).toEqual([".loramill", "blobs", "documents"]);
  expect((await readdir(join(root, ".loramill"))).sort()).toEqual(["signing-key", "tmp"]);
  expect((await store.get("blobs/abc")).contentType).toBe("image/png");
  await store.put("blobs/abc", png, { contentType: "application/x-other" });
  expect((await store.get("blobs/abc")).contentType).toBe("application/x-other");
  await store.delete("blobs/abc");
  await store.delete("documents/parts/1.json");
  expect(await readdir(root)).toEqual([".loramill"]);
});

it("does not list files that others put there under impossible names", async () => {
  const store = await open();
  await store.put("a/1", Buffer.from("x"));
  await writeFile(join(root, "a", "100%"), "foreign");
  await writeFile(join(root, ".loramill", "tmp", "left"), "x");
  const keys = [];
  for await (const { key } of store.list("")) keys.push(key);
  expect(keys).toEqual(["a/1"]);
});

it("says that a key and a folder of keys exclude each other", async () => {
  const store = await open();
  await store.put("a/b", Buffer.from("x"));
  await expect(store.put("a", Buffer.from("x"))).rejects.toMatchObject({ name: "UserError", code: "key-conflict" });
  await expect(store.put("a/b/c", Buffer.from("x"))).rejects.toMatchObject({ name: "UserError", code: "key-conflict" });
  expect(await readdir(join(root, ".loramill", "tmp"))).toEqual([]);
  expect(await store.head("a")).toBeNull();
});

it("removes temporary files of processes that died a day ago, and no others", async () => {
  await open();
  const tmp = join(root, ".loramill", "tmp");
  await writeFile(join(tmp, "old"), "x");
  await writeFile(join(tmp, "fresh"), "x");
  await utimes(join(tmp, "old"), now.getTime() / 1000 - 90_000, now.getTime() / 1000 - 90_000);
  await open();
  expect(await readdir(tmp)).toEqual(["fresh"]);
});

it("agrees on one signing secret when many open it at once, and keeps it from other users", async () => {
  const stores = await Promise.all(Array.from({ length: 8 }, open));
  const url = stores[0]?.signer.sign("a", { method: "GET", expiresSeconds: 60 }) ?? "";
  for (const store of stores) expect(store.signer.verify("GET", url)).toEqual({ key: "a" });
  const secret = join(root, ".loramill", "signing-key");
  expect((await stat(secret)).mode & 0o077).toBe(0);
  expect((await readdir(join(root, ".loramill"))).filter((name) => name.startsWith("signing-key"))).toEqual([
    "signing-key",
  ]);
  await writeFile(secret, "damaged");
  await expect(open()).rejects.toMatchObject({ code: "bad-signing-secret" });
});

it("leaves neither an object nor a mixture when its process is killed in the middle of a put", async () => {
  const store = await open();
  await store.put("victim", Buffer.from("old"));
  const child = fork(join(import.meta.dirname, "../../test/endless-put.ts"), [root], { stdio: "inherit" });
  const tmp = join(root, ".loramill", "tmp");
  await waitUntil("the put has begun", async () => {
    const [name] = await readdir(tmp);
    return name !== undefined && (await stat(join(tmp, name))).size > 1_000_000;
  });
  child.kill("SIGKILL");
  await once(child, "exit");
  const { body } = await store.get("victim");
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString()).toBe("old");
  now = new Date(Date.now() + 2 * 24 * 3_600_000);
  await open();
  expect(await readdir(tmp)).toEqual([]);
});

it.skipIf(process.getuid?.() === 0 || process.platform === "win32")(
  "says what to do where it may not write",
  async () => {
    const store = await open();
    await store.put("a/b", Buffer.from("x"));
    await chmod(join(root, "a"), 0o500);
    await expect(store.put("a/c", Buffer.from("x"))).rejects.toMatchObject({
      name: "PermanentError",
      code: "storage-denied",
    });
    await chmod(join(root, "a"), 0o700);
  },
);
