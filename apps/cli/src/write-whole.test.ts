import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { refuseExisting, writeWhole } from "./write-whole.ts";

const folder = mkdtempSync(join(tmpdir(), "write-whole-"));
const path = join(folder, "new", "file");
afterEach(() => rmSync(join(folder, "new"), { recursive: true, force: true }));
afterAll(() => rmSync(folder, { recursive: true }));

const text = (words: string) => Buffer.from(words);

test("a file appears whole, in a folder that is made for it, and tells how far it is", async () => {
  const seen: number[] = [];
  await writeWhole(path, [text("one "), text("two")], { onBytes: (written) => seen.push(written) });
  expect(readFileSync(path, "utf8")).toBe("one two");
  expect(seen).toEqual([4, 7]);
  expect(readdirSync(join(folder, "new"))).toEqual(["file"]);
});

test("what fails half-way leaves the old file as it was, and nothing beside it", async () => {
  await writeWhole(path, [text("old")]);
  async function* failing() {
    yield text("new, but");
    throw new Error("the disk of the source is gone");
  }
  await expect(writeWhole(path, failing())).rejects.toThrow("the disk of the source is gone");
  expect(readFileSync(path, "utf8")).toBe("old");
  expect(readdirSync(join(folder, "new"))).toEqual(["file"]);
});

test("an interruption after the last byte still counts", async () => {
  const stop = new AbortController();
  const writing = writeWhole(path, [text("all")], { signal: stop.signal, onBytes: () => stop.abort() });
  await expect(writing).rejects.toThrow(/abort/i);
  expect(readdirSync(join(folder, "new"))).toEqual([]);
});

test("a file that is there is refused, unless it is to be written over", async () => {
  const there = join(folder, "there");
  writeFileSync(there, "");
  await expect(refuseExisting(there)).rejects.toMatchObject({ code: "file-exists" });
  await refuseExisting(there, true);
  await refuseExisting(path);
});
