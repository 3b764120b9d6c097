import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { makeTar, makeZip, type TarEntry, type ZipEntry } from "../../test/archives.ts";
import { readSource, temporaryFolder, temporaryStores } from "../../test/read-source.ts";
import { openSource } from "./open-source.ts";
import { defaultSourceLimits, type SourceLimits } from "./source-config.ts";

const MiB = 1024 * 1024;

async function readBytes(bytes: Uint8Array, limits: Partial<SourceLimits> = {}, name = "pictures"): Promise<string[]> {
  const folder = await temporaryFolder();
  const path = join(folder, name);
  await writeFile(path, bytes);
  const seen = await readSource({ type: "archive", path }, { limits });
  expect(await readdir(folder), "nothing is written beside the archive").toEqual([name]);
  return seen;
}

const readZip = (entries: readonly ZipEntry[], limits?: Partial<SourceLimits>) => readBytes(makeZip(entries), limits);
const readTar = async (entries: readonly TarEntry[], limits?: Partial<SourceLimits>) =>
  readBytes(await makeTar(entries), limits);

const UNSAFE = ["../up.jpg", "a/../../up.jpg", "/etc/passwd", "C:\\windows.jpg", "..\\up.jpg", "a\0b.jpg"];

describe("a zip", () => {
  it("gives its files and skips folders, hidden files and what systems leave", async () => {
    const seen = await readZip([
      { name: "dogs/" },
      { name: "dogs/1.jpg", content: "one" },
      { name: "./dogs//2.jpg", content: "two", method: 0 },
      { name: "dogs\\3.jpg", content: "three" },
      { name: "__MACOSX/dogs/._1.jpg", content: "junk" },
      { name: "dogs/.DS_Store", content: "junk" },
      { name: "dogs/Thumbs.db", content: "junk" },
      { name: "dogs/ünï 图.txt", content: "a caption" },
      { name: "dogs/empty.jpg" },
    ]);
    expect(seen).toEqual([
      "dogs/1.jpg=one",
      "dogs/2.jpg=two",
      "dogs/3.jpg=three",
      "dogs/ünï 图.txt=a caption",
      "dogs/empty.jpg=",
    ]);
  });

  it("names what it refuses and goes on: names that lead out, links, devices, encrypted, unknown packing", async () => {
    const seen = await readZip([
      ...UNSAFE.map((name) => ({ name, content: "evil" })),
      { name: "link.jpg", content: "/etc/passwd", mode: 0o120777 },
      { name: "pipe.jpg", mode: 0o010644 },
      { name: "secret.jpg", content: "x", encrypted: true },
      { name: "lzma.jpg", content: "x", method: 14 },
      { name: "last.jpg", content: "fine" },
      { name: "last.jpg", content: "again" },
    ]);
    expect(seen).toEqual([
      "../up.jpg!unsafe-path",
      "a/../../up.jpg!unsafe-path",
      "/etc/passwd!unsafe-path",
      "C:/windows.jpg!unsafe-path",
      "../up.jpg!unsafe-path",
      "a\\x00b.jpg!unsafe-path",
      "link.jpg!link",
      "pipe.jpg!not-a-file",
      "secret.jpg!encrypted",
      "lzma.jpg!unsupported-compression",
      "last.jpg=fine",
      "last.jpg!duplicate-path",
    ]);
  });

  it("refuses a bomb by its ratio, alone or as a sum, and keeps what came before", async () => {
    const zeros = Buffer.alloc(40 * MiB);
    expect(
      await readZip([
        { name: "a", content: "a" },
        { name: "bomb", content: zeros },
        { name: "b", content: "b" },
      ]),
    ).toEqual(["a=a", "bomb!archive-bomb", "b=b"]);
    const parts = Array.from({ length: 8 }, (_, index) => ({ name: `part-${index}`, content: Buffer.alloc(10 * MiB) }));
    const seen = await readZip([{ name: "a", content: "a" }, ...parts]);
    expect(seen[0]).toBe("a=a");
    expect(seen.at(-1)).toMatch(/^part-\d!archive-bomb$/);
    expect(seen.length).toBeLessThan(9);
  });

  it("never gives more bytes than its directory says, nor others", async () => {
    const content = "x".repeat(100_000);
    const seen = await readZip([
      { name: "more.jpg", content, lie: { bytes: 1000 } },
      { name: "less.jpg", content, lie: { bytes: 200_000 } },
      { name: "other.jpg", content: "content", lie: { crc32: 1 } },
      { name: "fine.jpg", content: "fine" },
    ]);
    expect(seen).toEqual([
      "more.jpg!archive-entry-damaged",
      "less.jpg!archive-entry-damaged",
      "other.jpg!archive-entry-damaged",
      "fine.jpg=fine",
    ]);
  });

  it("is told as damaged when it is cut off", async () => {
    const zip = makeZip([
      { name: "a", content: "a" },
      { name: "b", content: "b" },
    ]);
    expect(await readBytes(zip.subarray(0, zip.byteLength - 30))).toEqual(["pictures!archive-damaged"]);
    const broken = Buffer.from(zip);
    broken[zip.lastIndexOf("PK\x01\x02")] = 0;
    expect(await readBytes(broken)).toEqual(["a=a", "pictures!archive-damaged"]);
  });
});

describe("a tar", () => {
  it("gives its files, packed by gzip or not, and refuses what is none", async () => {
    const entries: TarEntry[] = [
      { name: "dogs", type: "directory" },
      { name: "dogs/1.jpg", content: "one" },
      { name: "dogs/.hidden", content: "x" },
      { name: `dogs/${"long/".repeat(40)}2.jpg`, content: "two" },
      ...UNSAFE.slice(0, 4).map((name) => ({ name, content: "evil" })),
      { name: "link.jpg", type: "symlink", linkname: "/etc/passwd" },
      { name: "hard.jpg", type: "link", linkname: "dogs/1.jpg" },
      { name: "device", type: "block-device" },
      { name: "pipe", type: "fifo" },
      { name: "empty.jpg" },
      { name: "last.jpg", content: "fine" },
    ];
    const expected = [
      "dogs/1.jpg=one",
      `dogs/${"long/".repeat(40)}2.jpg=two`,
      "../up.jpg!unsafe-path",
      "a/../../up.jpg!unsafe-path",
      "/etc/passwd!unsafe-path",
      "C:\\windows.jpg!unsafe-path",
      "link.jpg!link",
      "hard.jpg!link",
      "device!not-a-file",
      "pipe!not-a-file",
      "empty.jpg=",
      "last.jpg=fine",
    ];
    const tar = await makeTar(entries);
    expect(await readBytes(tar)).toEqual(expected);
    expect(await readBytes(gzipSync(tar))).toEqual(expected);
  });

  it("keeps what was read before it is cut off", async () => {
    const tar = await makeTar([
      { name: "a", content: "a" },
      { name: "b", content: "b".repeat(100_000) },
      { name: "c" },
    ]);
    const expected = ["a=a", "b!archive-entry-damaged", "pictures!archive-damaged"];
    expect(await readBytes(tar.subarray(0, 50_000))).toEqual(expected);
    const random = Buffer.from(Uint32Array.from({ length: 30_000 }, (_, index) => index * 2_654_435_761).buffer);
    const packed = gzipSync(
      await makeTar([{ name: "a", content: "a" }, { name: "b", content: random }, { name: "c" }]),
    );
    expect(await readBytes(packed.subarray(0, packed.byteLength >>> 1))).toEqual(expected);
  });

  it("stops at a bomb without unpacking it", async () => {
    const zeros = Buffer.alloc(64 * MiB);
    const bomb = gzipSync(
      await makeTar([{ name: "a", content: "a" }, { name: "bomb", content: zeros }, { name: "b" }]),
    );
    expect(await readBytes(bomb)).toEqual(["a=a", "bomb!archive-bomb"]);
    const skipped = gzipSync(
      await makeTar([
        { name: ".hidden", content: zeros },
        { name: "b", content: "b" },
      ]),
    );
    expect(await readBytes(skipped)).toEqual(["pictures!archive-bomb"]);
  });

  it("goes on when a reader leaves a file half read, or does not open it at all", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "a.tar");
    await writeFile(
      path,
      await makeTar([{ name: "1", content: "x".repeat(3 * MiB) }, { name: "2", content: "y" }, { name: "3" }]),
    );
    const options = { limits: defaultSourceLimits, stores: await temporaryStores() };
    const seen: string[] = [];
    for await (const entry of openSource({ type: "archive", path }, options)) {
      seen.push(entry.path);
      if (entry.kind === "file" && entry.path === "1") for await (const _ of entry.open()) break;
    }
    expect(seen).toEqual(["1", "2", "3"]);
  });

  it("lets go of the archive when its reader leaves", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "a.tar.gz");
    const random = Buffer.from(Uint32Array.from({ length: 1_000_000 }, (_, index) => index * 2_654_435_761).buffer);
    await writeFile(path, gzipSync(await makeTar([{ name: "1", content: random }, { name: "2" }])));
    const options = { limits: defaultSourceLimits, stores: await temporaryStores() };
    for await (const entry of openSource({ type: "archive", path }, options)) {
      expect(entry.path).toBe("1");
      break;
    }
    const signal = AbortSignal.abort(new Error("stop"));
    await expect(readSource({ type: "archive", path }, { signal })).rejects.toThrow("stop");
  });
});

describe("any archive", () => {
  const entries = ["a", "b", "c", "d"].map((name) => ({ name, content: name.repeat(10) }));

  it("is held to the limits of files, bytes per file and bytes in all", async () => {
    for (const read of [readZip, readTar]) {
      expect(await read(entries, { maxFiles: 2 })).toEqual(["a=aaaaaaaaaa", "b=bbbbbbbbbb", "c!too-many-files"]);
      expect(await read(entries, { maxTotalBytes: 25 })).toEqual([
        "a=aaaaaaaaaa",
        "b=bbbbbbbbbb",
        "c!source-too-large",
      ]);
      const mixed = [{ name: "big", content: "x".repeat(11) }, ...entries.slice(0, 1)];
      expect(await read(mixed, { maxFileBytes: 10 })).toEqual(["big!file-too-large", "a=aaaaaaaaaa"]);
    }
  });

  it("is told by its bytes, not by its name, and refused when it is another format", async () => {
    expect(await readBytes(makeZip(entries.slice(0, 1)), {}, "photos.tar.gz")).toEqual(["a=aaaaaaaaaa"]);
    expect(await readBytes(gzipSync(await makeTar(entries.slice(0, 1))), {}, "photos.zip")).toEqual(["a=aaaaaaaaaa"]);
    await expect(readBytes(Buffer.from("7z\xbc\xaf\x27\x1c", "latin1"), {}, "photos.7z")).rejects.toMatchObject({
      code: "unsupported-archive",
    });
    await expect(readBytes(new Uint8Array(0), {}, "empty.zip")).rejects.toMatchObject({ code: "unsupported-archive" });
    expect(await readBytes(makeZip([]), {}, "nothing.zip")).toEqual([]);
    expect(await readBytes(gzipSync("no tar at all"), {}, "x.tgz")).toEqual(["x.tgz!archive-damaged"]);
  });

  it("must exist and be a file, or a folder of some", async () => {
    const folder = await temporaryFolder();
    const source = (path: string) => readSource({ type: "archive", path });
    await expect(source(join(folder, "none.zip"))).rejects.toMatchObject({ name: "UserError", code: "source-missing" });
    await expect(source(folder)).rejects.toMatchObject({ name: "UserError", code: "no-archives" });
  });
});

it("reads every archive of a folder, each into a folder of its name, and goes on after a broken one", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "00001.zip"), makeZip([{ name: "b.jpg", content: "b" }]));
  await writeFile(join(folder, "00000.zip"), makeZip([{ name: "a.jpg", content: "a" }]));
  await writeFile(join(folder, "00002.tar"), "not a tar");
  await writeFile(join(folder, "stats.json"), "{}");
  const entries = await readSource({ type: "archive", path: folder });
  expect(entries).toEqual(["00000/a.jpg=a", "00001/b.jpg=b", "00002.tar!unsupported-archive"]);
  const none = await temporaryFolder();
  await expect(readSource({ type: "archive", path: none })).rejects.toMatchObject({ code: "no-archives" });
});
