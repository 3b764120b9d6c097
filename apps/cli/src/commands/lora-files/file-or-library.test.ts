import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { namesFile, readModelArgument } from "./file-or-library.ts";
import { readLibraryLoras } from "./lora-argument.ts";

const before = process.cwd();
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "loramill-names-"));
  await writeFile(join(folder, "dog.safetensors"), "");
  process.chdir(folder);
});
afterAll(async () => {
  process.chdir(before);
  await rm(folder, { recursive: true, force: true });
});

it.each(["dog", "dog.safetensors", "cat.pt", "./cat", "models/cat"])("%s is a file", async (text) => {
  expect(await namesFile(text)).toBe(true);
});

it.each(["cat", "cat@2", "lor_0k5x", "my clay", "4f1c0a93"])("%s is a LoRA of the library", async (text) => {
  expect(await namesFile(text)).toBe(false);
});

it("takes LoRAs of the library with their weights, and does not mix them with files", async () => {
  expect(await readLibraryLoras(["cat@2:0.8:INS", "ink"])).toEqual([
    { lora: "cat@2", weight: 0.8, blocks: "INS" },
    { lora: "ink", weight: 1 },
  ]);
  expect(await readLibraryLoras(["dog:0.8", "cat.pt"])).toBeNull();
  await expect(readLibraryLoras(["cat", "dog"])).rejects.toThrow("dog is a file and cat a LoRA of the library");
});

it("tells base models from checkpoints of this machine", async () => {
  expect(await readModelArgument("owner/base")).toEqual({ model: "owner/base" });
  expect(await readModelArgument("owner/base:unet/model.safetensors")).toEqual({
    model: "owner/base",
    file: "unet/model.safetensors",
  });
  for (const file of ["dog", "base.safetensors", "models/base.ckpt", "./base", "/models/base"]) {
    expect(await readModelArgument(file), file).toBeNull();
  }
});
