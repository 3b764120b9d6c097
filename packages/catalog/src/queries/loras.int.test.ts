import { type LoraFile, type ProjectId, sha256Hex } from "@loramill/contracts";
import { trialRun } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Catalog, weightsOf } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";
import type { NewLora } from "./add-lora.ts";

let server: TestServer;
let catalog: Catalog;
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
});
afterAll(() => server.stop());

const projectOf = async (name: string) => (await catalog.projects.ensure(name)).id;

/** Adds a LoRA whose file is told by a word. */
async function add(project: ProjectId, name: string, file: string, more: Partial<NewLora> = {}) {
  return catalog.loras.add({
    project,
    name,
    document: sha256Hex(`document of ${file}`),
    family: "sdxl",
    baseModel: "sd_xl_base_1.0",
    triggerWord: null,
    weightsSha256: sha256Hex(file),
    tensorsSha256: sha256Hex(`tensors of ${file}`),
    bytes: 1_000,
    aliases: [],
    ...more,
  });
}

describe("adding", () => {
  test("counts versions within a name, and takes the same bytes for the same version, also when many come at once", async () => {
    const project = await projectOf("adding");
    const first = await add(project, "dog", "a");
    expect(first.isNew).toBe(true);
    expect(await add(project, "dog", "a")).toEqual({ id: first.id, isNew: false });
    expect(await add(project, "other name", "a")).toEqual({ id: first.id, isNew: false });
    const many = await Promise.all(Array.from({ length: 6 }, () => add(project, "dog", "b")));
    expect(many.filter(({ isNew }) => isNew)).toHaveLength(1);
    await add(project, "cat", "c");
    const { items } = await catalog.loras.list({ project });
    expect(items.map(({ name, version }) => `${name}@${version}`)).toEqual(["cat@1", "dog@2", "dog@1"]);
    expect(items[0]).toMatchObject({ source: "imported", run: "", stars: null, tags: [] });
  });
});

/** Files for the two experts, told by words. */
const pairOf = (high: string, low: string): LoraFile[] =>
  Object.entries({ high, low }).map(([role, file]) => ({
    role: role as LoraFile["role"],
    weights: { sha256: sha256Hex(file), bytes: 500, mediaType: "application/vnd.safetensors" },
    tensorsSha256: sha256Hex(`tensors of ${file}`),
  }));

describe("a LoRA of two files", () => {
  test("is one row, found by the hash of either file and its name, and known by both", async () => {
    const project = await projectOf("pairs");
    const files = pairOf("h1", "l1");
    const { id } = await add(project, "walk", "h1", { family: "wan22", files });
    const row = await catalog.loras.find({ project, lora: "walk" });
    expect(row?.files).toEqual(files);
    expect(row && weightsOf(row)).toEqual([
      { role: "high", sha256: sha256Hex("h1"), tensorsSha256: sha256Hex("tensors of h1"), bytes: 500 },
      { role: "low", sha256: sha256Hex("l1"), tensorsSha256: sha256Hex("tensors of l1"), bytes: 500 },
    ]);
    for (const word of [
      sha256Hex("l1"),
      sha256Hex("tensors of l1"),
      sha256Hex("h1"),
      "walk-v1_low_noise.safetensors",
    ]) {
      expect((await catalog.loras.find({ project, lora: word }))?.id).toBe(id);
    }
    const known = await catalog.loras.known({ project }, [sha256Hex("h1"), sha256Hex("l1"), sha256Hex("other")]);
    expect(known.map(({ sha256, name }) => `${name} ${sha256}`).sort()).toEqual(
      [`walk ${sha256Hex("h1")}`, `walk ${sha256Hex("l1")}`].sort(),
    );
    await add(project, "still", "s1");
    const single = await catalog.loras.find({ project, lora: "still" });
    expect(single && weightsOf(single).map(({ role, bytes }) => ({ role, bytes }))).toEqual([
      { role: "both", bytes: 1_000 },
    ]);
  });

  test("is the same version again with both files or half of them, and another with another half", async () => {
    const project = await projectOf("halves");
    const { id } = await add(project, "walk", "h2", { files: pairOf("h2", "l2") });
    expect(await add(project, "walk", "h2", { files: pairOf("h2", "l2") })).toEqual({ id, isNew: false });
    expect(await add(project, "walk", "l2", { files: pairOf("h2", "l2").slice(1) })).toEqual({ id, isNew: false });
    const document = sha256Hex("document of another pair");
    expect((await add(project, "walk", "h2", { files: pairOf("h2", "l3"), document })).isNew).toBe(true);
    expect((await catalog.loras.find({ project, lora: "walk" }))?.version).toBe(2);
  });
});

describe("finding", () => {
  test("goes by name, version, id, alias, hash and file, and by a beginning that fits one alone", async () => {
    const project = await projectOf("finding");
    const aliases = [
      { kind: "file", value: "Zorb_v1.safetensors" },
      { kind: "autov1", value: "0badcafe" },
    ] as const;
    const { id } = await add(project, "zorb", "z1", { aliases });
    await add(project, "zorb", "z2");
    await add(project, "zorbit", "z3");
    await catalog.loras.change({ project, id }, { addAliases: ["old zorb"] });
    const version = async (lora: string) => {
      const row = await catalog.loras.find({ project, lora });
      return row && `${row.name}@${row.version}`;
    };
    expect(await version("zorb"), "the newest").toBe("zorb@2");
    const words = ["zorb@1", id, "old zorb", "0BADCAFE", "Zorb_v1.safetensors", "Zorb_v1", "old", sha256Hex("z1")];
    const hashes = [sha256Hex("z1").slice(0, 10).toUpperCase(), `0x${sha256Hex("tensors of z1").slice(0, 12)}`];
    for (const word of [...words, ...hashes]) expect(await version(word), word).toBe("zorb@1");
    const files = ["zorb-v2.safetensors", "zorb-v2", "zorb.safetensors"];
    for (const word of files) expect(await version(word), word).toBe("zorb@2");
    expect(await version("zorbi"), "of one name").toBe("zorbit@1");
    const failure = await catalog.loras.find({ project, lora: "zor" }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "ambiguous-lora", message: expect.stringContaining("zorbit@1") });
    for (const word of ["zorb@3", "zo", "100%", sha256Hex("z1").slice(0, 5)])
      expect(await version(word), word).toBeNull();
  });

  test("an alias belongs to one LoRA of a project, and is no name of another", async () => {
    const project = await projectOf("aliases");
    const { id: a } = await add(project, "a", "a");
    const { id: b } = await add(project, "b", "b");
    const addAliases = ["favourite"];
    await catalog.loras.change({ project, id: a }, { addAliases });
    await catalog.loras.change({ project, id: a }, { addAliases });
    await expect(catalog.loras.change({ project, id: b }, { addAliases })).rejects.toMatchObject({
      code: "alias-taken",
    });
    const name = catalog.loras.change({ project, id: b }, { addAliases: ["a"], addTags: ["not kept"] });
    await expect(name).rejects.toMatchObject({ code: "alias-taken" });
    expect(await catalog.loras.find({ project, lora: "b" })).toMatchObject({ tags: [] });
    await catalog.loras.change({ project, id: a }, { removeAliases: addAliases });
    await catalog.loras.change({ project, id: b }, { addAliases });
    expect(await catalog.loras.find({ project, lora: "favourite" })).toMatchObject({ id: b });
  });
});

describe("searching", () => {
  test("looks for every word anywhere, filters, and goes through pages without a gap", async () => {
    const project = await projectOf("searching");
    for (let i = 0; i < 7; i += 1) {
      await add(project, `style ${i}`, `s${i}`, { tags: ["style", `n${i}`], triggerWords: [`blib${i}`] });
    }
    await add(project, "face", "f", { family: "flux", baseModel: "flux1-dev", notes: "100% of her" });
    const names = async (filter: Omit<Parameters<Catalog["loras"]["list"]>[0], "project">) =>
      (await catalog.loras.list({ project, ...filter })).items.map(({ name }) => name);
    expect(await names({ text: "BLIB3" })).toEqual(["style 3"]);
    expect(await names({ text: "n3 style" })).toEqual(["style 3"]);
    expect(await names({ text: "n3 face" })).toEqual([]);
    expect(await names({ text: "flux1" })).toEqual(["face"]);
    expect(await names({ text: "100%" })).toEqual(["face"]);
    expect(await names({ text: "%" }), "a sign, no pattern").toEqual(["face"]);
    expect(await names({ family: "flux" })).toEqual(["face"]);
    expect(await names({ tags: ["style", "n5"] })).toEqual(["style 5"]);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await catalog.loras.list({
        project,
        tags: ["style"],
        limit: 3,
        ...(cursor === null ? {} : { cursor }),
      });
      seen.push(...page.items.map(({ name }) => name));
      cursor = page.next;
    } while (cursor !== null);
    expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map((i) => `style ${i}`));
  });
});

describe("opinions", () => {
  test("count once for each person, are averaged, and filter lists", async () => {
    const project = await projectOf("opinions");
    const { id } = await add(project, "dog", "d");
    await add(project, "cat", "c");
    await catalog.loras.rate({ project, id }, { by: "ann", stars: 2, comment: "" });
    await catalog.loras.rate({ project, id }, { by: "bob", stars: 5, comment: "lovely" });
    await catalog.loras.rate({ project, id }, { by: "ann", stars: 4, comment: "better at 0.6" });
    const { items } = await catalog.loras.list({ project, minRating: 4.5 });
    expect(items).toMatchObject([{ name: "dog", stars: 4.5, ratings: 2 }]);
    expect((await catalog.loras.list({ project, minRating: 4.6 })).items).toEqual([]);
    const { ratings } = await catalog.loras.details({ project, id, name: "dog" });
    expect(ratings.map(({ by, stars }) => `${by} ${stars}`).sort()).toEqual(["ann 4", "bob 5"]);
  });
});

describe("deleting", () => {
  test("hides a LoRA until it is restored or imported again, and never gives its number away", async () => {
    const project = await projectOf("deleting");
    const { id } = await add(project, "dog", "d1");
    await catalog.loras.remove({ project, id });
    expect(await catalog.loras.find({ project, lora: "dog" })).toBeNull();
    expect((await catalog.loras.list({ project })).items).toEqual([]);
    expect(await catalog.loras.known({ project }, [sha256Hex("d1")])).toEqual([]);
    expect((await catalog.loras.list({ project, deleted: true })).items).toMatchObject([{ id }]);
    await add(project, "dog", "d2");
    expect(await catalog.loras.find({ project, lora: "dog" })).toMatchObject({ version: 2 });
    expect(await catalog.loras.find({ project, lora: "dog", deleted: true })).toMatchObject({ id, version: 1 });
    await catalog.loras.restore({ project, id });
    expect(await catalog.loras.find({ project, lora: "dog@1" })).toMatchObject({ id });
    await catalog.loras.remove({ project, id });
    expect(await add(project, "dog", "d1")).toEqual({ id, isNew: false });
    expect(await catalog.loras.find({ project, lora: "dog@1" })).toMatchObject({ id, deletedAt: null });
  });
});

test("what was made of a LoRA, and with it, is found by what runs planned and noted", async () => {
  const project = await projectOf("lineage");
  await add(project, "parent", "p");
  const document = sha256Hex("document of p");
  const step = { name: "lora", kind: "lora" as const, params: { from: [{ document, weight: 1 }] } };
  const run = await catalog.runs.create({ project, ...trialRun([step]) });
  const [made] = (await catalog.runs.get({ run }))?.steps ?? [];
  await add(project, "child", "c");
  await add(project, "stranger", "s");
  await catalog.pool.query(
    "update loramill.loras set source = 'made', run = $1, step = $2 where project = $3 and name = 'child'",
    [run, made?.id, project],
  );
  const scope = { project };
  expect(await catalog.loras.madeOf(scope, document)).toMatchObject([{ name: "child", version: 1 }]);
  expect(await catalog.loras.madeOf(scope, sha256Hex("document of s"))).toEqual([]);
  expect(await catalog.loras.madeOf({ project: await projectOf("elsewhere") }, document)).toEqual([]);
  expect(await catalog.loras.byDocuments(scope, [document])).toMatchObject([{ name: "parent" }]);
  expect(await catalog.loras.generationsWith(scope, [sha256Hex("p")])).toEqual([]);
});

test("a project sees, finds and changes nothing of another", async () => {
  const ours = await projectOf("ours");
  const theirs = await projectOf("theirs");
  const aliases = [{ kind: "file", value: "secret.safetensors" }] as const;
  const { id } = await add(ours, "secret", "s", { aliases, tags: ["kept"] });
  await catalog.loras.change({ project: ours, id }, { addAliases: ["my alias"] });
  for (const lora of [
    "secret",
    id,
    "my alias",
    sha256Hex("s"),
    "secret.safetensors",
    "sec",
    sha256Hex("s").slice(0, 12),
  ]) {
    expect(await catalog.loras.find({ project: theirs, lora }), lora).toBeNull();
  }
  expect((await catalog.loras.list({ project: theirs, text: "secret" })).items).toEqual([]);
  expect(await catalog.loras.names({ project: theirs })).toEqual([]);
  expect(await catalog.loras.known({ project: theirs }, [sha256Hex("s")])).toEqual([]);
  expect(await catalog.loras.byDocuments({ project: theirs }, [sha256Hex("document of s")])).toEqual([]);
  expect(await catalog.loras.details({ project: theirs, id, name: "secret" })).toEqual({
    aliases: [],
    ratings: [],
    versions: [],
  });
  const asTheirs = { project: theirs, id };
  await catalog.loras.change(asTheirs, { addTags: ["theirs"], notes: "read", addAliases: ["stolen"] });
  await catalog.loras.remove(asTheirs);
  await expect(catalog.loras.rate(asTheirs, { by: "eve", stars: 1, comment: "" })).rejects.toMatchObject({
    code: "lora-not-found",
  });
  expect(await catalog.loras.find({ project: ours, lora: "secret" })).toMatchObject({
    id,
    tags: ["kept"],
    notes: "",
    stars: null,
  });
  expect(await catalog.loras.find({ project: ours, lora: "stolen" })).toBeNull();
  const same = await add(theirs, "secret", "s");
  expect(same.isNew, "the same bytes are a LoRA of their own elsewhere").toBe(true);
  await catalog.loras.change({ project: theirs, id: same.id }, { addAliases: ["my alias"] });
});
