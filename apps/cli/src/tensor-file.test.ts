import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSafetensors } from "@loramill/lora";
import { afterAll, expect, test } from "vitest";
import { withTensorFile, withTensorFiles } from "./tensor-file.ts";

const folder = mkdtempSync(join(tmpdir(), "tensor-file-"));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const data = Uint8Array.from({ length: 64 }, (_, i) => i);
const file = writeSafetensors([{ name: "a", dtype: "U8", shape: [64], data }]);

test("a file is read by ranges, and closed when the work has ended", async () => {
  writeFileSync(at("dog.safetensors"), file);
  const source = await withTensorFile(at("dog.safetensors"), async ({ name, source: open, header, isTorch }) => {
    expect({ name, isTorch, size: open.size }).toEqual({ name: "dog", isTorch: false, size: file.length });
    expect(await open.bytes(header.dataStart + 3, header.dataStart + 6)).toEqual(Uint8Array.of(3, 4, 5));
    expect(await open.bytes(5, 5)).toEqual(new Uint8Array());
    return open;
  });
  await expect(source.bytes(0, 1)).rejects.toThrow();
});

test("an extension that was left out is found, the safest first", async () => {
  for (const name of ["some.pt", "some.safetensors"]) writeFileSync(at(name), file);
  expect(await withTensorFile(at("some"), async ({ path, bytes }) => ({ path, bytes }))).toEqual({
    path: at("some.safetensors"),
    bytes: file.length,
  });
});

test("what is wrong with a file is said with its name", async () => {
  writeFileSync(at("text.safetensors"), "not a tensor in sight");
  writeFileSync(at("text.pt"), "not a tensor in sight");
  const paths = ["text.safetensors", "text.pt", "nowhere.safetensors", "."].map(at);
  for (const path of paths) {
    const opening = withTensorFile(path, async () => {});
    await expect(opening).rejects.toMatchObject({ errorClass: "user", message: expect.stringContaining(`${path}: `) });
  }
});

test("a file that becomes shorter while it is read is noticed", async () => {
  writeFileSync(at("short.safetensors"), file);
  await withTensorFile(at("short.safetensors"), async ({ source }) => {
    truncateSync(at("short.safetensors"), 80);
    await expect(source.bytes(60, source.size)).rejects.toMatchObject({ code: "file-changed" });
  });
});

test("several are open at once, in their order", async () => {
  for (const name of ["one", "two"]) writeFileSync(at(`${name}.safetensors`), file);
  const paths = [at("one.safetensors"), at("two.safetensors")];
  expect(await withTensorFiles(paths, async (files) => files.map(({ name }) => name))).toEqual(["one", "two"]);
});
