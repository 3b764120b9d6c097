import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, expect, test } from "vitest";
import { compressFor, readDecompressed } from "./compression.ts";

const folder = mkdtempSync(join(tmpdir(), "loramill-compression-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bytes = Buffer.from("a bundle ".repeat(50_000));
const all = (chunks: AsyncIterable<Uint8Array>) => buffer(Readable.from(chunks));
async function* chunks() {
  for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000);
}

test.each(["plain.tar", "packed.tar.gz", "packed.tgz", "packed.tar.zst", "packed.TAR.ZST"])(
  "%s is packed by its name and unpacked by its bytes",
  async (name) => {
    const packed = await all(compressFor(name, chunks()));
    expect(packed.length < bytes.length / 10).toBe(name !== "plain.tar");
    const file = join(folder, "any name");
    writeFileSync(file, packed);
    expect((await all(await readDecompressed(file))).equals(bytes)).toBe(true);
  },
);

test.each(["x.gz", "x.zst"])("a damaged or cut off %s is told as what it is", async (name) => {
  const packed = await all(compressFor(name, chunks()));
  const file = join(folder, name);
  writeFileSync(file, packed.subarray(0, packed.length - 20));
  await expect(readDecompressed(file).then(all)).rejects.toMatchObject({ code: "archive-damaged" });
  packed.fill(0xff, 20, 40);
  writeFileSync(file, packed);
  await expect(readDecompressed(file).then(all)).rejects.toMatchObject({ code: "archive-damaged" });
});

test("what fails while it is packed is met by whoever reads", async () => {
  const fails = async function* () {
    yield bytes;
    throw new Error("the cable was pulled");
  };
  await expect(all(compressFor("x.zst", fails()))).rejects.toThrow("the cable was pulled");
  await expect(readDecompressed(join(folder, "nothing"))).rejects.toMatchObject({ code: "missing" });
});
