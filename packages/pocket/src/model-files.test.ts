import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { openModelFiles, SHIPPED_MODEL } from "./model-files.ts";
import { openPocketEngine } from "./open-pocket-engine.ts";

const folders: string[] = [];
async function copyModel(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "pocket-model-"));
  folders.push(dir);
  await cp(SHIPPED_MODEL, dir, { recursive: true });
  return dir;
}
afterEach(async () => {
  for (const dir of folders.splice(0)) await rm(dir, { recursive: true, force: true });
});
const badFiles = expect.objectContaining({ errorClass: "permanent", code: "bad-model-files" });

describe("the model's files", () => {
  test("are those that model.json describes", async () => {
    const { model, digest } = await openModelFiles();
    expect(model.name).toBe("loramill-pocket");
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect((await openModelFiles(await copyModel())).digest).toBe(digest);
  });

  test.each(["weights.bin", "denoise.onnx", "lora-train-step.onnx"])(
    "are refused when %s has changed",
    async (name) => {
      const dir = await copyModel();
      const bytes = await readFile(join(dir, name));
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      await writeFile(join(dir, name), bytes);
      await expect(openModelFiles(dir)).rejects.toEqual(badFiles);
      await expect(openPocketEngine({ modelDir: dir })).rejects.toThrow(name);
    },
  );

  test("are refused when one is missing or the description is not one", async () => {
    const dir = await copyModel();
    await rm(join(dir, "denoise.onnx"));
    await expect(openModelFiles(dir)).rejects.toEqual(badFiles);
    await writeFile(join(dir, "model.json"), "{}");
    await expect(openModelFiles(dir)).rejects.toEqual(badFiles);
    await expect(openModelFiles(join(dir, "nowhere"))).rejects.toEqual(badFiles);
  });
});
