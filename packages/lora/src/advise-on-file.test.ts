import { UserError } from "@loramill/contracts";
import { expect, test } from "vitest";
import { adviseOnContents, adviseOnFile } from "./advise-on-file.ts";
import { memorySource } from "./byte-source.ts";
import { looksLikeTorch } from "./pickle/looks-like-torch.ts";
import { readSafetensorsHeader } from "./safetensors/read-safetensors.ts";

const advise = async (file: Uint8Array) => {
  const error = await readSafetensorsHeader(memorySource(file)).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UserError);
  return adviseOnFile(file, error);
};

test("files that are something else are told by their first bytes", async () => {
  const files = {
    "": /empty/,
    "<!DOCTYPE html><html>": /web page.*login/,
    "version https://git-lfs.github.com/spec/v1\noid sha256:0": /git lfs pull/,
    '{"error":"Unauthorized"}': /JSON/,
    "\x89PNG\r\n\x1a\n........": /picture/,
    "GGUF\x03\0\0\0........": /base model/,
    "PK\x03\x04..............": /unpack/,
  };
  for (const [text, advice] of Object.entries(files)) expect(await advise(Buffer.from(text, "latin1"))).toMatch(advice);
});

test("a safetensors file that was cut short is told from one that is damaged", async () => {
  const json = Buffer.from('{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  expect(await advise(Buffer.concat([length, json, Buffer.alloc(8)]))).toMatch(/cut short/);
  expect(await advise(Buffer.concat([length, Buffer.alloc(json.length, 0x21)]))).toMatch(/damaged/);
  expect(adviseOnFile(Buffer.from("\x80\x02}"), new UserError("no", { code: "unsafe-pickle" }))).toMatch(/never run/);
});

test("a file without LoRA matrices is called what it is", () => {
  expect(adviseOnContents(["cond_stage_model.x", "b"])).toMatch(/whole checkpoint/);
  expect(adviseOnContents(["emb_params"])).toMatch(/textual inversion/);
  expect(adviseOnContents(["decoder.conv_in.weight"])).toMatch(/VAE/);
  expect(adviseOnContents(["what.ever"])).toMatch(/no names/);
});

test("containers are told by their first bytes, also where the length of a header looks like a pickle", () => {
  const torch = (text: string) => looksLikeTorch(Buffer.from(text, "latin1"));
  expect(torch("PK\x03\x04\x2d\0\0\x08\0\0")).toBe(true);
  expect(torch("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20")).toBe(true);
  expect(torch('\x80\x02\0\0\0\0\0\0{"a"')).toBe(false);
  expect(torch("")).toBe(false);
});
