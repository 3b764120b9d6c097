import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeSafetensors } from "@loramill/lora";
import { tinyLora } from "@loramill/testkit";
import { afterAll, describe, expect, it } from "vitest";
import { fluxModules, makeLoraFolder } from "../../../test/support/lora-folder.ts";
import { runCommand } from "../../../test/support/run-command.ts";

const { path: folder, at, lora, json, tensorsOf, remove } = await makeLoraFolder();
afterAll(remove);

describe("making one LoRA of others", () => {
  it("merges with weights, and compares across dialects", async () => {
    await lora("merge", `${at("dog.safetensors")}:0.5`, at("ink.safetensors"), "-o", at("both.safetensors"));
    expect([...tensorsOf("both.safetensors").tensors.values()].map(({ shape }) => shape)).toContainEqual([4, 8]);
    await lora("convert", at("both.safetensors"), "--dialect", "kohya", "-o", at("both-kohya.safetensors"));
    const same = await json("compare", at("both.safetensors"), at("both-kohya.safetensors"));
    expect(same.whole.cosine).toBeCloseTo(1, 6);
    expect(same).not.toHaveProperty("modules");
    const { out } = await lora("compare", at("dog.safetensors"), at("ink.safetensors"), "--modules");
    expect(out).toContain("transformer.transformer_blocks.0.attn.to_q");
  });

  it.each([
    ["svd", "--rank", "3"],
    ["lerp", "--t", "0.25"],
    ["slerp", "--t", "0.25"],
    ["magnitude", "--rank", "3", "--density", "0.5"],
    ["ties", "--rank", "3", "--density", "0.5"],
    ["dare", "--rank", "3", "--density", "0.5", "--ties", "--seed", "7"],
    ["kohya-sum"],
    ["kohya-concat"],
    ["kohya-svd", "--rank", "3"],
    ["peft-linear"],
  ])("merges by %s", async (method, ...more) => {
    const output = at(`${method}.safetensors`);
    const made = await json(
      "merge",
      at("dog.safetensors"),
      at("ink.safetensors"),
      "--method",
      method,
      ...more,
      "-o",
      output,
    );
    expect(made).toMatchObject({ output, bytes: statSync(output).size, modules: 2 });
  });

  it("changes rank, prunes, and converts PyTorch's files", async () => {
    await lora("resize", at("dog.safetensors"), "--rank", "1", "--dtype", "F16", "-o", at("small.safetensors"));
    expect([...tensorsOf("small.safetensors").tensors.values()].map(({ dtype }) => dtype)).toContain("F16");
    await lora(
      "resize",
      at("dog.safetensors"),
      "--frobenius",
      "0.5",
      "--max-rank",
      "1",
      "-o",
      at("small2.safetensors"),
    );
    const { out } = await lora("prune", at("dog.safetensors"), "-o", at("lean.safetensors"), "--name", "lean dog");
    expect(out).toContain("0 of 2 modules were removed");
    expect(tensorsOf("lean.safetensors").metadata.get("modelspec.title")).toBe("lean dog");
    await lora("convert", at("old.pt"), "-o", at("old.safetensors"));
    expect([...tensorsOf("old.safetensors").tensors.keys()]).toHaveLength(3);
  });

  it("names the option that is wrong, missing or too many, and writes nothing", async () => {
    const merge = (...more: string[]) => lora("merge", at("dog.safetensors"), "-o", at("none.safetensors"), ...more);
    await expect(merge("--method", "svd")).rejects.toThrow("--rank is needed");
    await expect(merge("--rank", "4")).rejects.toThrow("--rank is not for this");
    await expect(merge("--method", "ties", "--rank", "4", "--density", "2")).rejects.toThrow(/^--density: /);
    await expect(merge("--method", "lerp")).rejects.toThrow(/takes two, not 1/);
    const resize = (...more: string[]) => lora("resize", at("dog.safetensors"), "-o", at("none.safetensors"), ...more);
    await expect(resize()).rejects.toThrow(/name one of/);
    await expect(resize("--frobenius", "2")).rejects.toThrow(/^--frobenius: /);
    await expect(lora("prune", at("dog.safetensors"), "-o", at("none.pt"))).rejects.toThrow(/end in \.safetensors/);
    await expect(lora("convert", at("dog.safetensors"), "-o", at("none.safetensors"))).rejects.toThrow(/--dialect/);
    expect(existsSync(at("none.safetensors"))).toBe(false);
  });

  it("names the file that is no LoRA it can read", async () => {
    const oft = { name: "unet.mid_block.oft_blocks", dtype: "F32" as const, shape: [1], data: new Uint8Array(4) };
    writeFileSync(at("oft.safetensors"), writeSafetensors([oft]));
    await expect(lora("merge", at("dog"), at("oft"), "-o", at("none.safetensors"))).rejects.toThrow(
      /oft\.safetensors: this file holds OFT/,
    );
  });

  it("does not write over a file unless it is told to", async () => {
    const before = readFileSync(at("ink.safetensors"));
    const onto = ["prune", at("dog.safetensors"), "-o", at("ink.safetensors")];
    await expect(lora(...onto)).rejects.toMatchObject({ code: "file-exists" });
    expect(readFileSync(at("ink.safetensors"))).toEqual(before);
    writeFileSync(at("again.safetensors"), before);
    await lora("prune", at("again.safetensors"), "-o", at("again.safetensors"), "--force");
    expect(tensorsOf("again.safetensors").tensors.size).toBe(4);
  });
});

describe("between LoRAs and checkpoints", () => {
  it("merges into a model of another layout, and extracts what was merged", async () => {
    await lora("merge-into", at("base.safetensors"), `${at("dog.safetensors")}:0.5`, "-o", at("tuned.safetensors"));
    const [base, tuned] = [tensorsOf("base.safetensors"), tensorsOf("tuned.safetensors")];
    expect(tuned.tensors.get("vae.decoder.weight")?.data).toEqual(base.tensors.get("vae.decoder.weight")?.data);
    expect(tuned.metadata.get("modelspec.title")).toBe("tuned");
    const files = ["--original", at("base.safetensors"), "--tuned", at("tuned.safetensors")];
    await lora("extract", ...files, "--rank", "2", "--dtype", "F32", "-o", at("found.safetensors"));
    const { files: described } = await json("inspect", at("found.safetensors"));
    expect(described[0].description).toMatchObject({ dialect: "kohya", family: { family: "flux" } });
    const { whole } = await json("compare", at("dog.safetensors"), at("found.safetensors"));
    expect(whole.cosine).toBeCloseTo(1, 4);
    expect(whole.normB / whole.normA).toBeCloseTo(0.5, 4);
  });

  it("refuses a LoRA for another model, and names what has no weight", async () => {
    const output = at("none.safetensors");
    writeFileSync(at("far.safetensors"), tinyLora([...fluxModules, "transformer.proj_out"], { rank: 2 }));
    await expect(lora("merge-into", at("base.safetensors"), at("far.safetensors"), "-o", output)).rejects.toThrow(
      /no weight for transformer\.proj_out.*--leave-out/,
    );
    const left = await json(
      "merge-into",
      at("base.safetensors"),
      at("far.safetensors"),
      "--leave-out",
      "-o",
      at("near.safetensors"),
    );
    expect(left).toMatchObject({ modules: 2, notes: [expect.stringContaining("transformer.proj_out")] });
    writeFileSync(at("wan.safetensors"), tinyLora(["diffusion_model.blocks.0.self_attn.q"], { rank: 2 }));
    await expect(lora("merge-into", at("base.safetensors"), at("wan.safetensors"), "-o", output)).rejects.toMatchObject(
      {
        code: "wrong-family",
      },
    );
    await expect(lora("merge-into", at("dog.safetensors"), at("dog.safetensors"), "-o", output)).rejects.toMatchObject({
      code: "unknown-checkpoint",
    });
  });
});

describe("loramill lora export", () => {
  it("writes what each tool reads, under the name it looks for", async () => {
    const to = at("tools");
    const a1111 = await json("export", at("dog.safetensors"), "--for", "a1111", "-o", to, "--name", "a:dog");
    expect(a1111).toMatchObject({ dialect: "kohya", hint: expect.stringContaining("<lora:a_dog:1>") });
    expect(JSON.parse(readFileSync(join(to, "a_dog.json"), "utf8"))).toMatchObject({ "activation text": "sks dog" });
    await lora("export", at("dog.safetensors"), "--for", "comfyui", "-o", to);
    await lora("export", at("dog.safetensors"), "--for", "diffusers", "-o", to);
    expect(readdirSync(to).sort()).toEqual([
      "a_dog.json",
      "a_dog.safetensors",
      "dog.safetensors",
      "pytorch_lora_weights.safetensors",
    ]);
    const copied = readFileSync(join(to, "pytorch_lora_weights.safetensors"));
    expect(copied).toEqual(readFileSync(at("dog.safetensors")));
    const { files } = await json("inspect", join(to, "a_dog.safetensors"), join(to, "dog.safetensors"));
    expect(files.map((file: { description: { dialect: string } }) => file.description.dialect)).toEqual([
      "kohya",
      "comfyui",
    ]);
  });

  it("says why a file cannot be written for a tool", async () => {
    await expect(lora("export", at("old.pt"), "--for", "diffusers", "-o", at("tools2"))).rejects.toMatchObject({
      code: "cannot-convert",
    });
    expect(existsSync(at("tools2"))).toBe(false);
  });
});

it("shows progress on a terminal, and leaves no half file when it is interrupted", async () => {
  const stop = new AbortController();
  const terminal: string[] = [];
  const merging = runCommand(
    ["lora", "merge", at("dog.safetensors"), at("ink.safetensors"), "-o", at("never.safetensors")],
    {
      signal: stop.signal,
      onTerminal: (text) => {
        terminal.push(text);
        stop.abort();
      },
    },
  );
  await expect(merging).rejects.toThrow(/abort/i);
  expect(terminal[0]).toMatch(/50 % 1 of 2 modules/);
  expect(readdirSync(folder).filter((name) => name.includes("never") || name.endsWith(".part"))).toEqual([]);
});
