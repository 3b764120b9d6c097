import { readFileSync, writeFileSync } from "node:fs";
import { writeSafetensors } from "@loramill/lora";
import { tinyLora } from "@loramill/testkit";
import { afterAll, describe, expect, it } from "vitest";
import { fluxModules, makeLoraFolder } from "../../../test/support/lora-folder.ts";

const { path: folder, at, lora, json, tensorsOf, remove } = await makeLoraFolder();
afterAll(remove);

describe("loramill lora inspect", () => {
  it("tells what the header says, and what was asked for besides", async () => {
    const { out, code } = await lora("inspect", at("dog.safetensors"), "--hashes", "--keys", "--metadata");
    expect(code).toBe(0);
    expect(out).toMatch(/family +flux, told by keys/);
    expect(out).toMatch(/trigger +sks dog \(modelspec\.trigger_phrase\)/);
    expect(out).toMatch(/autoV3 +[0-9a-f]{12}\n/);
    expect(out).toContain("ss_session_id = 42");
    expect(out).toContain(`${fluxModules[0]}.lora_A.weight F32 [2, 8]`);
  });

  it("shows several files as a table, also PyTorch's, and says which cannot be read", async () => {
    const { out, err, code } = await lora("inspect", at("dog.safetensors"), at("old.pt"), at("nowhere.pt"));
    expect(code).toBe(1);
    expect(
      out
        .split("\n")
        .slice(2, 4)
        .map((line) => line.split(/ {2,}/).slice(1, 5)),
    ).toEqual([
      ["flux", "diffusers", "2", "2"],
      ["unknown", "kohya", "1", "2"],
    ]);
    expect(err).toBe(`${at("nowhere.pt")}: no such file\n`);
  });

  it("answers programs with everything, and never runs a file", async () => {
    const { files } = await json("inspect", at("dog.safetensors"), at("evil.pt"));
    expect(files[0].description).toMatchObject({
      modules: 2,
      dialect: "diffusers",
      triggerWords: [{ word: "sks dog" }],
    });
    expect(files[1].error).toContain("evil.pt: ");
  });

  it("finds an extension that was left out, and warns of files above a size", async () => {
    const { out } = await lora("inspect", at("dog"), "--size-limit", "0.0001");
    expect(out).toContain(`${at("dog.safetensors")}\n`);
    expect(out).toMatch(/warning +the file has/);
  });

  it("writes nothing to the terminal that would steer it", async () => {
    writeFileSync(at("escape.safetensors"), writeSafetensors([], { "modelspec.title": "\u001b[2Jgone" }));
    const { out } = await lora("inspect", at("escape.safetensors"), "--metadata");
    expect(out).toContain("[2Jgone");
    expect(out).not.toContain("\u001b");
  });
});

describe("loramill lora validate", () => {
  it("says how much a model takes of a sound file", async () => {
    writeFileSync(
      at("toy.safetensors"),
      tinyLora(["transformer.blocks.0.qkv", "transformer.blocks.5.fc1"], { rank: 2 }),
    );
    expect(await lora("validate", at("toy.safetensors"), "--strength", "0.8")).toMatchObject({
      code: 0,
      out: expect.stringContaining("will load 4 of 4 keys on pocket"),
    });
  });

  it("ends with 1 where a file should not be used, and names why", async () => {
    const { code, out } = await lora("validate", at("dog.safetensors"), "--family", "sdxl", "--strength", "3");
    expect(code).toBe(1);
    expect(out).toMatch(/^error +it was made for flux \(keys\), not for sdxl/m);
    expect(out).toMatch(/^warning +a strength of 3/m);
    expect(out.match(/will load 0 of 4 keys on sdxl/g)).toHaveLength(1);
  });

  it("misses the other half of a pair in the folder that was named", async () => {
    const name = "toy_high_noise.safetensors";
    writeFileSync(at(name), tinyLora(["diffusion_model.blocks.0.self_attn.q"], { rank: 2 }));
    const { findings } = await json("validate", at(name), "--beside", folder);
    expect(findings).toMatchObject([{ code: "missing-noise-partner" }]);
    await expect(lora("validate", at(name), "--beside", at("nowhere"))).rejects.toThrow(/no such folder/);
  });
});

describe("loramill lora metadata", () => {
  it("shows it, and edits it without touching a tensor", async () => {
    expect((await json("metadata", at("dog.safetensors"))).ss_session_id).toBe("42");
    const edit = ["--set", "modelspec.author=Ada=Lovelace", "--remove", "ss_session_id"];
    const { out } = await lora("metadata", at("dog.safetensors"), ...edit, "-o", at("mine.safetensors"));
    expect(out).toMatch(/^\+ modelspec\.author\n- ss_session_id\n/);
    expect(tensorsOf("mine.safetensors").metadata.get("modelspec.author")).toBe("Ada=Lovelace");
    expect(tensorsOf("mine.safetensors").data).toEqual(tensorsOf("dog.safetensors").data);
  });

  it("takes out what tells of the maker, in the file itself", async () => {
    writeFileSync(at("own.safetensors"), readFileSync(at("dog.safetensors")));
    await lora("metadata", at("own.safetensors"), "--private", "--in-place");
    expect([...tensorsOf("own.safetensors").metadata.keys()]).toEqual(["modelspec.trigger_phrase"]);
  });

  it("asks where to, and for entries that are there", async () => {
    const edit = (...more: string[]) => lora("metadata", at("dog.safetensors"), ...more);
    await expect(edit("--private")).rejects.toThrow(/--in-place/);
    await expect(edit("--remove", "nothing", "-o", at("none.safetensors"))).rejects.toThrow(/no such entry/);
    await expect(edit("--set", "novalue", "-o", at("none.safetensors"))).rejects.toThrow(/key=value/);
    await expect(lora("metadata", at("old.pt"), "--private", "--in-place")).rejects.toThrow(/convert it first/);
  });
});
