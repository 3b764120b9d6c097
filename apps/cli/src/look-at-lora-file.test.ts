import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tinyLora } from "@loramill/testkit";
import { afterAll, expect, test } from "vitest";
import { expandLoraPaths, findLoraFiles } from "./find-lora-files.ts";
import { lookAtLoraFile } from "./look-at-lora-file.ts";

const folder = mkdtempSync(join(tmpdir(), "loramill-look-"));
afterAll(() => rmSync(folder, { recursive: true }));

const save = (name: string, bytes: Uint8Array | string) => {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, bytes);
  return path;
};

const lora = tinyLora(["diffusion_model.double_blocks.0.img_attn.qkv"], { rank: 8 });

test("a LoRA is told by its header, and a large one comes with a warning", async () => {
  const look = await lookAtLoraFile(save("a/flux.safetensors", lora), 1_000_000);
  expect(look).toEqual({
    isReadable: true,
    bytes: lora.length,
    family: "flux",
    variant: null,
    rank: 8,
    triggerWords: [],
    warnings: [],
  });
  const large = await lookAtLoraFile(join(folder, "a/flux.safetensors"), lora.length - 1);
  expect(large).toMatchObject({ warnings: [expect.stringContaining("whole checkpoint")] });
});

test("what is no LoRA comes with advice, and so does what cannot be opened", async () => {
  const look = await lookAtLoraFile(save("b/cut.safetensors", lora.subarray(0, 200)), 1);
  expect(look).toMatchObject({ isReadable: false, bytes: 200, advice: expect.stringContaining("cut short") });
  const missing = await lookAtLoraFile(join(folder, "nothing"), 1);
  expect(missing).toMatchObject({ isReadable: false, bytes: 0, message: expect.stringContaining("no such file") });
});

test("folders are searched in order, without hidden files and others", async () => {
  for (const name of ["z.safetensors", "sub/Y.PT", ".cache/x.safetensors", "readme.txt", "half.safetensors.part"]) {
    save(`c/${name}`, "");
  }
  expect(await findLoraFiles(join(folder, "c"))).toEqual(["sub/Y.PT", "z.safetensors"]);
  expect(await expandLoraPaths([join(folder, "c"), join(folder, "a/flux.safetensors")])).toHaveLength(3);
  mkdirSync(join(folder, "empty"));
  await expect(expandLoraPaths([join(folder, "empty")])).rejects.toMatchObject({ code: "no-lora-files" });
  await expect(expandLoraPaths([join(folder, "nowhere")])).rejects.toMatchObject({ code: "no-such-file" });
});
