import { execFile } from "node:child_process";
import { chmod, mkdir, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { readSource, temporaryFolder, temporaryStores } from "../../test/read-source.ts";
import { openSource } from "./open-source.ts";
import { defaultSourceLimits } from "./source-config.ts";

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

it("reads a folder and what lies below, in the order of paths, without hidden files and junk", async () => {
  const path = await folderOf({
    "b.jpg": "b",
    "a/z.jpg": "z",
    "a/1.jpg": "1",
    "a-b.jpg": "ab",
    "a0.jpg": "a0",
    "é.jpg": "é",
    "odd\\name.jpg": "odd",
    "empty.jpg": "",
    ".git/config": "x",
    ".DS_Store": "x",
    "a/Thumbs.db": "x",
    "@eaDir/x": "x",
  });
  expect(await readSource({ type: "folder", path })).toEqual([
    "a-b.jpg=ab",
    "a/1.jpg=1",
    "a/z.jpg=z",
    "a0.jpg=a0",
    "b.jpg=b",
    "empty.jpg=",
    "odd\\name.jpg=odd",
    "é.jpg=é",
  ]);
});

it("follows links to files below the folder only", async () => {
  const outside = await folderOf({ "secret.txt": "secret" });
  const path = await folderOf({ "real.jpg": "real", "sub/x.jpg": "x" });
  await symlink(join(outside, "secret.txt"), join(path, "outside.jpg"));
  await symlink(outside, join(path, "outside-folder"));
  await symlink("real.jpg", join(path, "inside.jpg"));
  await symlink("sub", join(path, "linked-sub"));
  await symlink("..", join(path, "sub", "up"));
  await symlink("nowhere", join(path, "broken.jpg"));
  await symlink("loop", join(path, "loop"));
  expect(await readSource({ type: "folder", path })).toEqual([
    "broken.jpg!missing",
    "inside.jpg=real",
    "loop!link",
    "outside-folder!link-outside",
    "outside.jpg!link-outside",
    "real.jpg=real",
    "sub/x.jpg=x",
  ]);
  const link = join(await temporaryFolder(), "link-to-folder");
  await symlink(path, link);
  expect(await readSource({ type: "folder", path: link })).toContain("real.jpg=real");
});

it.skipIf(process.platform === "win32")("does not wait for pipes and names what is no file", async () => {
  const path = await folderOf({ "a.jpg": "a" });
  await promisify(execFile)("mkfifo", [join(path, "pipe.jpg")]);
  expect(await readSource({ type: "folder", path })).toEqual(["a.jpg=a", "pipe.jpg!not-a-file"]);
});

it.skipIf(process.getuid?.() === 0)("names files and folders it may not read and goes on", async () => {
  const path = await folderOf({ "a.jpg": "a", "closed.jpg": "x", "shut/b.jpg": "b", "z.jpg": "z" });
  await chmod(join(path, "closed.jpg"), 0);
  await chmod(join(path, "shut"), 0);
  expect(await readSource({ type: "folder", path })).toEqual([
    "a.jpg=a",
    "closed.jpg!unreadable",
    "shut/!unreadable",
    "z.jpg=z",
  ]);
  await chmod(join(path, "shut"), 0o700);
});

it("is held to the limits of files, bytes per file and bytes in all", async () => {
  const path = await folderOf({ a: "1234567890", b: "1234567890", c: "12345678901", d: "1" });
  const source = { type: "folder", path } as const;
  expect(await readSource(source, { limits: { maxFiles: 2 } })).toEqual([
    "a=1234567890",
    "b=1234567890",
    "c!too-many-files",
  ]);
  expect(await readSource(source, { limits: { maxFileBytes: 10 } })).toEqual([
    "a=1234567890",
    "b=1234567890",
    "c!file-too-large",
    "d=1",
  ]);
  expect(await readSource(source, { limits: { maxTotalBytes: 25 } })).toEqual([
    "a=1234567890",
    "b=1234567890",
    "c!source-too-large",
  ]);
});

it("tells about a file that changed since it was listed", async () => {
  const path = await folderOf({ "grows.jpg": "small", "goes.jpg": "x", "turns.jpg": "x" });
  const options = { limits: { ...defaultSourceLimits, maxFileBytes: 100 }, stores: await temporaryStores() };
  const opened = [];
  for await (const entry of openSource({ type: "folder", path }, options))
    if (entry.kind === "file") opened.push(entry);
  await truncate(join(path, "grows.jpg"), 1000);
  await rm(join(path, "goes.jpg"));
  await rm(join(path, "turns.jpg"));
  await symlink("/etc/passwd", join(path, "turns.jpg"));
  const codes = [];
  for (const entry of opened) {
    const read = async () => {
      for await (const _ of entry.open());
    };
    codes.push(
      await read().then(
        () => "read",
        (error: { code?: string }) => error.code,
      ),
    );
  }
  expect(codes).toEqual(["missing", "file-too-large", "link"]);
});

it("must exist, be a folder, and stops when it is told to", async () => {
  const path = await folderOf({ a: "a" });
  await expect(readSource({ type: "folder", path: join(path, "none") })).rejects.toMatchObject({
    code: "source-missing",
  });
  await expect(readSource({ type: "folder", path: join(path, "a") })).rejects.toMatchObject({ code: "not-a-folder" });
  const signal = AbortSignal.abort(new Error("stop"));
  await expect(readSource({ type: "folder", path }, { signal })).rejects.toThrow("stop");
  expect(await readSource({ type: "folder", path: await temporaryFolder() })).toEqual([]);
});

it("yields what an upload put into the store, without bytes", async () => {
  const stores = await temporaryStores();
  const blob = await stores.blobs.put(Buffer.from("picture"), { mediaType: "image/jpeg" });
  const part = await stores.documents.put("source", {
    items: [{ path: "1.jpg", blob, caption: { text: "a dog", origin: "1.txt" } }],
    refused: [{ path: "2.jpg", code: "file-too-large", message: "too large" }],
  });
  const listing = await stores.documents.put("parts", { parts: [part] });
  const source = { type: "upload", listing } as const;
  expect(await readSource(source, { stores })).toEqual([`1.jpg@${blob.sha256.slice(0, 6)}`, "2.jpg!file-too-large"]);
});
