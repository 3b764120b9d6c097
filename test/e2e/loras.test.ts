import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isFinal, type RunSpecInput, sha256Hex } from "@loramill/contracts";
import { readSafetensors, replaceMetadata } from "@loramill/lora";
import { type Client, createClient } from "@loramill/sdk";
import { tinyLora } from "@loramill/testkit";
import { beforeAll, expect, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { createCli } from "../support/cli.ts";
import { openMill } from "../support/open-mill.ts";

const mill = openMill();
const downloads = mill.at("downloads");
const folder = mill.at("data", "lora_models");
const loramill = createCli({ cwd: mill.at(), env: { DATA_DIR: mill.at("data") } });

beforeAll(() => mkdirSync(downloads));

const asked = async (...args: string[]) => JSON.parse((await loramill("--json", ...args)).out);

/** A Flux LoRA as a site would hand it out, with what its trainer noted. */
function foreignLora(seed: number, said: Record<string, string> = {}): Uint8Array {
  const bytes = tinyLora(["diffusion_model.double_blocks.0.img_attn.qkv"], { rank: 4, seed });
  return replaceMetadata(bytes, {
    ss_sd_model_name: "/workspace/models/flux1-dev.safetensors",
    "modelspec.trigger_phrase": "clay style",
    "modelspec.tags": "Style, clay",
    ...said,
  });
}

const torchFiles = JSON.parse(
  readFileSync(resolve(import.meta.dirname, "../../packages/lora/test/vectors/torch-files.json"), "utf8"),
);
const torchFile = (name: "zip" | "legacy" | "evil") => new Uint8Array(Buffer.from(torchFiles[name], "base64"));

function save(name: string, bytes: Uint8Array | string): string {
  const path = join(downloads, name);
  writeFileSync(path, bytes);
  return path;
}

test("an empty library and an empty folder say what to do; the folder is made", async () => {
  rmSync(folder, { recursive: true, force: true });
  expect((await loramill("lora", "list")).out).toContain("loramill lora import FILE");
  expect((await loramill("lora", "search", "zorb")).out).toContain("no LoRA is like that");
  const status = await loramill("lora", "status");
  expect(status).toMatchObject({ code: 0, out: expect.stringContaining("made just now") });
  expect(existsSync(folder)).toBe(true);
});

test("somebody else's files are looked at, counted as versions, and taken once", async () => {
  const file = save("Clay_v1.safetensors", foreignLora(1));
  const { imported, refused } = await asked(
    "lora",
    "import",
    file,
    "--tag",
    "favourite",
    "--origin",
    "https://example.org/clay",
  );
  expect(refused).toEqual([]);
  expect(imported).toMatchObject([
    {
      isNew: true,
      lora: {
        name: "Clay_v1",
        version: 1,
        family: "flux",
        familyFrom: "keys",
        dialect: "comfyui",
        rank: 4,
        baseModel: "flux1-dev",
        triggerWords: ["clay style"],
        tags: ["clay", "favourite", "style"],
        source: "imported",
        origin: "https://example.org/clay",
        run: null,
        sha256: sha256Hex(readFileSync(file)),
        files: ["Clay_v1.safetensors"],
      },
    },
  ]);
  const again = await asked("lora", "import", save("renamed.safetensors", readFileSync(file)), "--tag", "seen twice");
  expect(again.imported).toMatchObject([{ isNew: false, lora: { name: "Clay_v1", version: 1 } }]);
  const second = save("clay2.safetensors", foreignLora(2, { "modelspec.architecture": "flux-1-dev/lora" }));
  const next = await loramill("lora", "import", second, "--name", "Clay_v1", "--trigger", "zorb");
  expect(next).toMatchObject({
    code: 0,
    out: expect.stringContaining(
      "Clay_v1@2  imported (clay2.safetensors): flux (by modelspec.architecture), rank 4, trigger zorb",
    ),
  });
  const listed = await asked("lora", "search", "clay", "--tag", "seen twice");
  expect(listed.items.map(({ version }: { version: number }) => version)).toEqual([1]);
});

test("files that are no LoRAs are refused with what they are and what to do, and the others go in", async () => {
  const odd = join(downloads, "odd");
  mkdirSync(odd);
  const cut = foreignLora(3);
  const wrong: Record<string, [Uint8Array | string, RegExp]> = {
    "a-page.safetensors": ["<!DOCTYPE html><title>Sign in</title>", /web page/],
    "b-cut.safetensors": [cut.subarray(0, cut.length - 100), /cut short/],
    "c-checkpoint.safetensors": [
      replaceMetadata(
        Buffer.from(
          tinyLora(["model.diffusion_model.input_blocks.0"], { rank: 2 })
            .toString("latin1")
            .replaceAll(".lora_A", ".xxxx_A")
            .replaceAll(".lora_B", ".xxxx_B"),
          "latin1",
        ),
        {},
      ),
      /whole checkpoint/,
    ],
    "d-code.pt": [torchFile("evil"), /never run/],
  };
  for (const [name, [bytes]] of Object.entries(wrong)) writeFileSync(join(odd, name), bytes);
  writeFileSync(join(odd, "e-sound.safetensors"), foreignLora(3));
  const { code, out } = await loramill("--json", "lora", "import", odd);
  expect(code).toBe(1);
  const { imported, refused } = JSON.parse(out);
  expect(imported).toMatchObject([{ lora: { name: "e-sound" } }]);
  expect(refused).toHaveLength(4);
  for (const [at, [name, [, advice]]] of Object.entries(wrong).entries()) {
    expect(refused[at].message).toContain(`${name}: `);
    expect(refused[at].message).toMatch(advice);
  }
  expect(await loramill("lora", "import", join(downloads, "nothing"))).toMatchObject({
    code: 2,
    err: expect.stringContaining("no such file or folder"),
  });
});

/** One expert's file of a LoRA for Wan 2.2, as trainers call them. */
const wanFile = (seed: number) => tinyLora(["diffusion_model.blocks.0.self_attn.q"], { rank: 2, seed });

test("the two files of a Wan 2.2 LoRA come in as one, are told and found as one, and go out as two", async () => {
  const [high, low] = [wanFile(81), wanFile(82)];
  const pair = join(downloads, "pair");
  mkdirSync(pair);
  writeFileSync(join(pair, "walk_high_noise.safetensors"), high);
  writeFileSync(join(pair, "walk_low_noise.safetensors"), low);
  const { imported, refused } = await asked("lora", "import", pair);
  expect(refused).toEqual([]);
  expect(imported).toMatchObject([
    {
      isNew: true,
      warnings: [],
      lora: {
        name: "walk",
        family: "wan22",
        familyFrom: "name",
        bytes: high.length + low.length,
        files: ["walk_high_noise.safetensors", "walk_low_noise.safetensors"],
        weights: [
          { role: "high", sha256: sha256Hex(high) },
          { role: "low", sha256: sha256Hex(low) },
        ],
      },
    },
  ]);
  const { id } = imported[0].lora;
  expect(await asked("lora", "show", sha256Hex(low))).toMatchObject({ id });
  expect((await loramill("lora", "show", "walk")).out).toMatch(
    /high noise +[0-9a-f]{64}[\s\S]*low noise +[0-9a-f]{64}/,
  );
  expect((await asked("lora", "search", "walk")).items).toMatchObject([{ id, weights: [{}, {}] }]);
  const { files } = await asked("lora", "download", "walk", "--output", mill.at("mine.safetensors"));
  expect(files.map(({ file }: { file: string }) => file)).toEqual([
    mill.at("mine_high_noise.safetensors"),
    mill.at("mine_low_noise.safetensors"),
  ]);
  expect(sha256Hex(readFileSync(files[1].file))).toBe(sha256Hex(low));
  await loramill("lora", "download", "walk");
  rmSync(join(folder, "walk-v1_high_noise.safetensors"));
  const status = await asked("lora", "status");
  expect(status.files).toContainEqual(
    expect.objectContaining({
      file: "walk-v1_low_noise.safetensors",
      lora: "walk@1",
      warnings: ["it is for low noise, and walk-v1_high_noise.safetensors is not there"],
    }),
  );
  const validated = await loramill("lora", "validate", files[0].file, "--beside", folder);
  expect(validated.out).toContain("the file for low noise (mine_low_noise.safetensors) is not there");
  rmSync(join(folder, "walk-v1_low_noise.safetensors"));
  expect(await asked("lora", "lineage", "walk")).toMatchObject({
    lora: { id },
    weights: [{ role: "high" }, { role: "low" }],
    made: { operation: "import" },
  });
});

test("halves whose names say nothing are told apart by options, and what is no pair is refused as one", async () => {
  const files = [save("walk-H-e8.safetensors", wanFile(83)), save("walk-L-e8.safetensors", wanFile(84))] as const;
  const given = await asked("lora", "import", "--high", files[0], "--low", files[1], "--name", "strides");
  expect(given.imported).toMatchObject([
    { lora: { name: "strides", family: "wan22", familyFrom: "given", weights: [{ role: "high" }, { role: "low" }] } },
  ]);
  const alone = await asked("lora", "import", save("hop_high_noise.safetensors", wanFile(85)));
  expect(alone.imported).toMatchObject([
    {
      warnings: [expect.stringContaining("its other half is called hop_low_noise.safetensors: import both together")],
      lora: { name: "hop", weights: [{ role: "high" }] },
    },
  ]);
  const flux = save("ours.safetensors", foreignLora(86));
  const { refused } = await asked("lora", "import", "--high", flux, "--low", files[1]);
  expect(refused).toMatchObject([{ code: "no-pair", message: expect.stringContaining("it is for flux") }]);
});

test("PyTorch files are converted without being run, and are known by the bytes they came with", async () => {
  const { imported } = await asked("lora", "import", save("old.pt", torchFile("zip")));
  expect(imported).toMatchObject([{ isNew: true, lora: { name: "old", rank: 2, dialect: "kohya" } }]);
  const again = await asked("lora", "import", save("older.ckpt", torchFile("legacy")));
  expect(again.imported, "the same tensors").toMatchObject([{ isNew: false, lora: { id: imported[0].lora.id } }]);
  expect(imported[0].warnings.join()).toContain("which model it is for");
  await loramill("lora", "edit", "old", "--family", "sd15");
  expect(await asked("lora", "show", sha256Hex(torchFile("zip")))).toMatchObject({
    family: "sd15",
    familyFrom: "given",
  });
  const [file] = await mill.client.loras.download("old");
  const bytes = new Uint8Array(await new Response(await file?.open()).arrayBuffer());
  expect([...readSafetensors(bytes).tensors.keys()]).toContain("lora_unet_x.lora_up.weight");
});

test("a LoRA is found by every name it has, and a word that means two is refused", async () => {
  expect((await loramill("lora", "alias", "Clay_v1@1", "my clay")).code).toBe(0);
  const { hashes, id } = await asked("lora", "show", "Clay_v1@1");
  for (const word of [
    id,
    "my clay",
    hashes.autoV2.toUpperCase(),
    hashes.autoV3,
    hashes.sha256,
    hashes.sshsLegacy ?? hashes.sshs,
  ]) {
    expect(await asked("lora", "show", word), word).toMatchObject({ name: "Clay_v1", version: 1 });
  }
  expect(await asked("lora", "show", "Clay_v1")).toMatchObject({
    version: 2,
    versions: [{ version: 2 }, { version: 1 }],
  });
  expect(await loramill("lora", "show", "Klay_v1")).toMatchObject({
    code: 2,
    err: expect.stringContaining("did you mean Clay_v1?"),
  });
  await asked("lora", "import", save("clash.safetensors", foreignLora(4)), "--name", "Clay_v2");
  expect(await loramill("lora", "show", "Clay")).toMatchObject({
    code: 2,
    err: expect.stringMatching(/may be Clay_v1@2.*Clay_v2@1/),
  });
  expect(await loramill("lora", "alias", "Clay_v2", "my clay")).toMatchObject({
    code: 2,
    err: expect.stringContaining("choose another alias"),
  });
});

test("tags, notes, stars and pictures are kept, and a deleted LoRA comes back with them", async () => {
  await loramill("lora", "untag", "my clay", "favourite", "seen twice");
  await loramill("lora", "edit", "my clay", "--notes", "best at 0.7", "--trigger", "klei");
  await loramill("lora", "rate", "my clay", "5", "--by", "ann");
  await loramill("lora", "rate", "my clay", "2", "--by", "bob", "--comment", "too strong");
  const pictures = mill.at("pictures");
  mkdirSync(pictures);
  await drawSamplePictures(pictures);
  const picture = globSync(join(pictures, "*.png"))[0] ?? "";
  expect(await loramill("lora", "cover", "my clay", picture)).toMatchObject({ code: 0, err: "" });
  const view = await asked("lora", "show", "my clay");
  expect(view).toMatchObject({
    tags: ["clay", "style"],
    notes: "best at 0.7",
    triggerWords: ["klei"],
    rating: { average: 3.5, count: 2 },
  });
  const cover = await mill.client.download(view.coverUrl);
  expect(Buffer.from(cover.subarray(8, 12)).toString()).toBe("WEBP");
  expect(await loramill("lora", "cover", "my clay", save("no.png", "text"))).toMatchObject({
    code: 2,
    err: expect.stringContaining("no.png"),
  });
  expect((await asked("lora", "list", "--min-rating", "3")).items).toHaveLength(1);
  expect(await loramill("lora", "delete", "my clay")).toMatchObject({
    code: 0,
    out: expect.stringContaining("restore"),
  });
  expect((await loramill("lora", "show", "my clay")).code).toBe(2);
  expect((await asked("lora", "list", "--deleted")).items).toMatchObject([{ name: "Clay_v1", version: 1 }]);
  expect((await loramill("lora", "restore", "Clay_v1@1")).code).toBe(0);
  const { coverUrl: _old, ...was } = view;
  expect(await asked("lora", "show", "my clay")).toMatchObject(was);
});

test("the folder's status tells what each file is, what the library holds, and what to do about the rest", async () => {
  const saved = await asked("lora", "download", "my clay");
  expect(saved.file).toBe(join(folder, "Clay_v1-v1.safetensors"));
  expect(sha256Hex(readFileSync(saved.file))).toBe(saved.sha256);
  writeFileSync(join(folder, "new.safetensors"), foreignLora(9));
  writeFileSync(join(folder, "old.pt"), torchFile("zip"));
  writeFileSync(join(folder, "empty.safetensors"), "");
  const status = await asked("lora", "status");
  expect(status).toMatchObject({
    folder,
    created: false,
    files: [
      { file: "Clay_v1-v1.safetensors", family: "flux", rank: 4, triggerWords: ["clay style"], lora: "Clay_v1@1" },
      { file: "new.safetensors", lora: null },
      { file: "old.pt", family: null, rank: 2, lora: "old@1" },
    ],
    unreadable: [{ file: "empty.safetensors", bytes: 0, advice: expect.stringContaining("download it again") }],
  });
  const { out } = await loramill("lora", "status");
  expect(out).toMatch(/cannot be read:\n {2}empty\.safetensors/);
  expect(out).toContain(`loramill lora import ${folder}`);
  expect((await asked("lora", "status", "--offline")).asked).toBe(false);
});

test("projects do not see one another's LoRAs, by key or by name", async () => {
  const { client } = mill;
  const keyOf = async (project: string) => {
    const { key } = await client.createKey({ project, name: "test", scopes: ["read", "write"] });
    return createClient({ url: client.url, apiKey: key });
  };
  const [ours, theirs] = [await keyOf("ours"), await keyOf("theirs")];
  const body = new Blob([Buffer.from(foreignLora(20))]);
  const { lora } = await ours.loras.import({ project: "ours", fileName: "secret.safetensors", body });
  for (const word of ["secret", lora.id, lora.sha256, lora.sha256.slice(0, 10)]) {
    await expect(theirs.loras.get(word), word).rejects.toMatchObject({ problem: { status: 404 } });
    await expect(theirs.loras.download(word), word).rejects.toMatchObject({ problem: { status: 404 } });
  }
  expect((await theirs.loras.list({ q: "secret" })).items).toEqual([]);
  expect(await theirs.loras.known([lora.sha256])).toEqual({ items: [] });
  await expect(theirs.loras.list({ project: "ours" })).rejects.toMatchObject({ problem: { status: 403 } });
  const other = await theirs.loras.import({ fileName: "mine.safetensors", body });
  expect(other).toMatchObject({ isNew: true, lora: { name: "mine", project: "theirs" } });
  const spec = { name: "steal", generate: { prompts: ["a"], lora: lora.id } };
  await expect(theirs.createRun(spec)).rejects.toMatchObject({ problem: { code: "unknown-lora" } });
  expect((await asked("lora", "list", "--project", "ours")).items).toMatchObject([{ id: lora.id }]);
});

test("a trained LoRA is in the library with its lineage, and runs name it by any of its names", async () => {
  const { client } = mill;
  const { id: run } = await client.createRun({
    name: "zorb",
    dataset: { sources: [{ type: "folder", path: mill.at("pictures") }] },
    caption: { provider: "simple", triggerWord: "zorb" },
    train: { recipe: { steps: 20, rank: 4 } },
  });
  await finished(client, run);
  const lora = await client.loras.get("zorb");
  expect(lora).toMatchObject({
    source: "trained",
    family: "pocket",
    familyFrom: "recipe",
    rank: 4,
    run,
    triggerWords: ["zorb"],
  });
  await client.loras.change("zorb", { addAliases: ["the zorb"] });
  const second = await client.createRun({
    name: "use",
    generate: { prompts: ["zorb"], lora: lora.sha256.slice(0, 10), steps: 4 },
  });
  await finished(client, second.id);
  await expect(
    client.createRun({ name: "use", generate: { prompts: ["zorb"], lora: "the zorb" } }),
  ).resolves.toBeDefined();
  const misspelt = client.createRun({ name: "use", generate: { prompts: ["zorb"], lora: "zorbb" } });
  await expect(misspelt).rejects.toThrow(/generate\.lora: .*did you mean zorb\?/);
  await expect(client.loras.get("zo\0rb")).rejects.toMatchObject({ problem: { status: 400 } });
  const lineage = await client.loras.lineage("the zorb");
  expect(lineage).toMatchObject({
    source: "trained",
    training: {
      run,
      backend: "pocket",
      dataset: { name: "zorb", version: 1 },
      captions: expect.stringMatching(/^[0-9a-f]{64}$/),
      recipe: { rank: 4 },
      steps: 20,
    },
    made: null,
    became: [],
  });
  expect(lineage.generations.runs).toContainEqual({ run: second.id, count: 1 });
  const { out } = await loramill("lora", "lineage", "zorb");
  expect(out).toContain(`trained by      ${run} on pocket`);
  const smaller = {
    from: [{ lora: "the zorb" }],
    operation: { kind: "resize", rule: { kind: "fixed", rank: 2 } },
  } satisfies RunSpecInput["lora"];
  const third = await client.createRun({ name: "small zorb", lora: smaller });
  await finished(client, third.id);
  expect((await client.loras.lineage("zorb")).became).toMatchObject([{ name: "small zorb", version: 1 }]);
  expect(await client.loras.get("small zorb")).toMatchObject({ source: "made", rank: 2, run: third.id });
  expect(await client.loras.lineage("small zorb")).toMatchObject({
    training: null,
    made: { operation: "resize" },
    from: [{ id: lora.id }],
  });
  const saved = save("back.safetensors", await client.download(lora.sha256));
  expect(await asked("lora", "import", saved)).toMatchObject({
    imported: [{ isNew: false, lora: { id: lora.id, source: "trained" } }],
  });
});

async function finished(client: Client, run: string): Promise<void> {
  for await (const message of client.follow(run)) {
    if (message.kind === "snapshot" && isFinal("run", message.run.state)) {
      expect({ state: message.run.state, error: message.run.error }).toEqual({ state: "succeeded", error: null });
      return;
    }
  }
}
