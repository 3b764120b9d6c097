import { BatchSpec, type BatchSpecInput, type Json, UserError } from "@loramill/contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expandBatch } from "./expand-batch.ts";

const limits = { maxRuns: 500, maxCharacters: 10_000_000 };
const folder = (name: string) => ({ name, source: { type: "folder" as const, path: `/subjects/${name}` } });
const batchOf = (given: Omit<BatchSpecInput, "kind" | "name">): BatchSpec =>
  BatchSpec.parse({ kind: "batch", name: "subjects", ...given });
const expand = (given: Omit<BatchSpecInput, "kind" | "name">) => expandBatch(batchOf(given), limits);

function refusalOf(given: Omit<BatchSpecInput, "kind" | "name">): string {
  try {
    expand(given);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return "";
}

describe("folders", () => {
  const run = {
    caption: { triggerWord: "sks${folder.word}" },
    train: {},
    generate: { prompts: ["a photo of ${folder}"] },
  };

  test("make a run each, named after its folder, with its pictures, its trigger word and its prompts", () => {
    const members = expand({
      folders: [folder("Ann Smith"), folder("bob")],
      run,
      deadline: "2026-12-01T18:00:00Z",
      priority: 2,
    });
    expect(members.map(({ number, name, values }) => [number, name, values])).toEqual([
      [1, "Ann Smith", { folder: "Ann Smith" }],
      [2, "bob", { folder: "bob" }],
    ]);
    expect(members[0]?.spec).toMatchObject({
      dataset: { sources: [{ type: "folder", path: "/subjects/Ann Smith" }] },
      caption: { triggerWord: "sksannsmith" },
      generate: { prompts: ["a photo of Ann Smith"] },
      deadline: "2026-12-01T18:00:00Z",
      priority: 2,
    });
  });

  test("of names that no run may have give the run a name that it may have", () => {
    const [odd, hidden] = expand({ folders: [folder("a/b & c!"), folder("_x")], run: { train: {} } });
    expect([odd?.name, hidden?.name]).toEqual(["a-b - c", "x"]);
  });

  test("take what a table says of each, whatever its order", () => {
    const rows = [
      { folder: "bob", word: "sks", "train.recipe.rank": "16" },
      { folder: "ann", word: "ohwx", "train.recipe.rank": "" },
    ];
    const members = expand({
      folders: [folder("ann"), folder("bob")],
      rows,
      run: { caption: { triggerWord: "${row.word}" }, train: { recipe: { rank: 4 } } },
    });
    expect(members.map(({ name, spec }) => [name, spec.caption?.triggerWord, spec.train?.recipe])).toEqual([
      ["bob", "sks", { rank: 16 }],
      ["ann", "ohwx", { rank: 4 }],
    ]);
  });

  test("without a row, and rows without a folder, are told", () => {
    const folders = [folder("ann"), folder("bob")];
    expect(refusalOf({ folders, rows: [{ folder: "ann" }], run })).toContain("1 folders have no row, such as bob");
    expect(refusalOf({ folders, rows: [{ folder: "eve" }], run })).toContain('row 1: folder: there is no folder "eve"');
    expect(refusalOf({ folders, rows: [{ word: "x" }], run })).toContain("row 1: folder: is missing");
  });
});

describe("rows", () => {
  const generate = { lora: "toys", prompts: ["${row.prompt}"] };

  test("set fields and fill variables; a variable alone keeps its type", () => {
    const rows = [
      { name: "red", prompt: "a red toy", count: 3, "generate.grid": "true", priority: "1" },
      { name: "007", prompt: "spy", count: 2, "generate.grid": false, priority: 2 },
    ];
    const members = expand({ rows, run: { generate: { ...generate, imagesPerPrompt: "${row.count}" } } });
    expect(
      members.map(({ name, spec: { priority, generate: made } }) => [
        name,
        priority,
        made?.imagesPerPrompt,
        made?.grid,
      ]),
    ).toEqual([
      ["red", 1, 3, true],
      ["007", 2, 2, false],
    ]);
    expect(members[0]?.values).toEqual({ row: rows[0] });
  });

  test("are named with the row and the field that is wrong, all of them at once", () => {
    const rows = [{ "train.recipe.rank": "8" }, { "train.recipe.rank": "many" }, { "train.recipe.rank": "-1" }];
    const message = refusalOf({ rows, run: { dataset: { sources: [folder("x").source] }, train: {} } });
    expect(message).toContain("2 of its runs cannot be made");
    expect(message).toMatch(/row 2: train\.recipe\.rank: /);
    expect(message).toMatch(/row 3: train\.recipe\.rank: .*allowed/);
  });

  test("with a column that is nearly a field are told which it may be", () => {
    expect(refusalOf({ rows: [{ "train.recipe.rnk": 8 }], run: {} })).toMatch(
      /train\.recipe\.rnk: .*did you mean rank/,
    );
    expect(refusalOf({ rows: [{ project: "x" }], run: {} })).toContain("project is the batch's");
  });
});

describe("a matrix", () => {
  const run = { dataset: { sources: [folder("x").source] }, train: {} };

  test("makes every combination, and names them by it", () => {
    const members = expand({
      matrix: { "train.recipe.rank": [8, 16], "train.recipe.learningRate": [0.0001, 0.001] },
      run,
    });
    expect(members.map(({ name }) => name)).toEqual([
      "subjects rank-8 learningRate-0.0001",
      "subjects rank-8 learningRate-0.001",
      "subjects rank-16 learningRate-0.0001",
      "subjects rank-16 learningRate-0.001",
    ]);
    expect(members[3]?.spec.train?.recipe).toEqual({ rank: 16, learningRate: 0.001 });
  });

  test("leaves the runs of one folder one dataset, so that its captions are made once", () => {
    const folders = [folder("ann"), folder("bob")];
    const datasets = (given: Parameters<typeof expand>[0]) => expand(given).map(({ spec }) => spec.dataset.name);
    expect(datasets({ folders, matrix: { "train.recipe.rank": [4, 8] }, run: { train: {} } })).toEqual([
      ...["ann", "ann", "bob", "bob"],
    ]);
    expect(datasets({ matrix: { "train.recipe.rank": [4, 8] }, run })).toEqual(["subjects", "subjects"]);
    const resolution = { "dataset.prepare.resolution": [256, 512] };
    expect(datasets({ folders, matrix: resolution, run: { train: {} } })).toEqual(Array(4).fill(undefined));
    expect(datasets({ folders, run: { name: "lora ${folder}", train: {} } }), "as a single run has it").toEqual([
      ...[undefined, undefined],
    ]);
  });

  test("may not set what a column sets, nor what lies within a value of the template", () => {
    const matrix = { "train.recipe.rank": [8] };
    expect(refusalOf({ matrix, rows: [{ "train.recipe.rank": 4 }], run })).toContain(
      "is a column of the rows and a field",
    );
    expect(refusalOf({ matrix, run: { ...run, train: { recipe: "flux" } } })).toContain('says "flux" there');
  });
});

describe("variables", () => {
  const ofName = (name: string) =>
    expand({ rows: [{ a: "x" }, { a: "y" }], run: { name, generate: { lora: "l", prompts: ["p"] } } });

  test("that stand for nothing are refused with those that are near", () => {
    expect(() => ofName("${row.b}")).toThrow("${row.b} stands for nothing here: did you mean ${row.a}?");
    expect(() => ofName("${number} ${colour}")).toThrow("there are ${batch}, ${number}, ${row.a}");
  });

  test("leave alone what prompts and captions write in braces, and what is written with two dollars", () => {
    const prompts = ["{a|b} {folder} $5 $${row.a} ${row.a}"];
    const [first] = expand({ rows: [{ a: "x" }], run: { generate: { lora: "l", prompts } } });
    expect(first?.spec.generate?.prompts).toEqual(["{a|b} {folder} $5 ${row.a} x"]);
  });
});

test("runs of one name are refused, and more runs than may be", () => {
  const rows = Array.from({ length: 501 }, () => ({ a: 1 }));
  const run = { name: "same", generate: { lora: "l", prompts: ["p"] } };
  expect(refusalOf({ rows: rows.slice(0, 2), run })).toContain("runs 1 and 2 are both called same");
  expect(refusalOf({ rows, run })).toContain("makes 501 runs, and a batch may have 500");
});

test("every batch that is taken has one member per place, in order, with names of their own; twice the same", () => {
  const word = fc.stringMatching(/^[a-z]{1,8}$/);
  const cell: fc.Arbitrary<Json> = fc.oneof(fc.string(), fc.integer(), fc.boolean());
  const batches = fc.record({
    folders: fc.option(fc.uniqueArray(word, { minLength: 1, maxLength: 6 }), { nil: undefined }),
    ranks: fc.uniqueArray(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 4 }),
    cells: fc.array(cell, { minLength: 6, maxLength: 6 }),
    withRows: fc.boolean(),
  });
  fc.assert(
    fc.property(batches, ({ folders, ranks, cells, withRows }) => {
      const rows = (folders ?? cells).map((name, at) => ({
        note: cells[at] ?? 0,
        ...(folders ? { folder: name } : {}),
      }));
      const given = batchOf({
        ...(folders === undefined ? {} : { folders: folders.map(folder) }),
        ...(withRows ? { rows } : {}),
        matrix: { "train.recipe.rank": ranks },
        run: { dataset: { sources: [folder("all").source] }, train: {} },
      });
      const members = expandBatch(given, limits);
      const places = folders?.length ?? (withRows ? rows.length : 1);
      expect(members.map(({ number }) => number)).toEqual(
        Array.from({ length: places * ranks.length }, (_, at) => at + 1),
      );
      expect(new Set(members.map(({ name }) => name)).size).toBe(members.length);
      for (const [at, { spec }] of members.entries()) {
        expect(spec.train?.recipe).toEqual({ rank: ranks[at % ranks.length] });
        expect(spec.dataset.sources).toHaveLength(folders === undefined ? 1 : 2);
      }
      expect(expandBatch(given, limits)).toEqual(members);
    }),
    { numRuns: 60 },
  );
});
