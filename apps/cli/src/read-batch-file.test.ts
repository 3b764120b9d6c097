import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readBatchFile } from "./read-batch-file.ts";

const folder = mkdtempSync(join(tmpdir(), "batch-file-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
for (const name of ["bob", "anna", ".hidden"]) mkdirSync(join(folder, "subjects", name), { recursive: true });
writeFileSync(join(folder, "subjects", "notes.txt"), "no pictures");
symlinkSync(join(folder, "moved-away"), join(folder, "subjects", "link"));
writeFileSync(join(folder, "subjects", "cleo.zip"), "");
writeFileSync(join(folder, "table.csv"), "folder,word\nanna,sks\n");

function read(text: string, options = {}) {
  writeFileSync(join(folder, "batch.yaml"), `kind: batch\nname: subjects\n${text}`);
  return readBatchFile(join(folder, "batch.yaml"), options);
}

test("folders and archives beside the file are found in order of their names, and its paths are made absolute", () => {
  const batch = read("folders: ./subjects/*\nrun: { dataset: { sources: [{ type: folder, path: more }] } }");
  expect(batch.folders).toEqual([
    { name: "anna", source: { type: "folder", path: join(folder, "subjects/anna") } },
    { name: "bob", source: { type: "folder", path: join(folder, "subjects/bob") } },
    { name: "cleo", source: { type: "archive", path: join(folder, "subjects/cleo.zip") } },
  ]);
  expect(batch.run).toEqual({ dataset: { sources: [{ type: "folder", path: join(folder, "more") }] } });
  expect(read("folders: [./subjects/b*, ./subjects/a*]\nrun: {}").folders).toHaveLength(2);
});

test("a table becomes rows, and options win over the file", () => {
  const batch = read("table: table.csv\nbudgetUsd: 5\nrun: {}", { budget: 7, priority: 1, deadline: "2026-12-01" });
  expect(batch).toMatchObject({ rows: [{ folder: "anna", word: "sks" }], budgetUsd: 7, priority: 1 });
  expect(batch.deadline).toBe("2026-12-01T00:00:00.000Z");
});

test("files that generations take may be named by variables", () => {
  const generate = '{ request: { kind: image-to-image, image: "${row.image}" }, prompts: [x] }';
  expect(read(`rows: [{ image: "sha256:0" }]\nrun: { generate: ${generate} }`).run).toMatchObject({
    generate: { request: { image: "${row.image}" } },
  });
});

test("what is wrong is told with what to do", () => {
  expect(() => read("folders: ./nothing/*\nrun: {}")).toThrow("./nothing/* matches no folder and no archive");
  expect(() => read("run: {}")).toThrow("needs something that varies: folders, rows or matrix");
  expect(() => read("rows: []\ntable: table.csv\nrun: {}")).toThrow("give rows or a table, not both");
  expect(() => read("matrix: { x: [1] }\nrun: {}\nbudgetUSD: 3")).toThrow(
    "budgetUSD: there is no such field: did you mean budgetUsd?",
  );
  writeFileSync(join(folder, "run.yaml"), "name: x");
  expect(() => readBatchFile(join(folder, "run.yaml"), {})).toThrow("it begins with `kind: batch`");
  expect(() => readBatchFile(join(folder, "none.yaml"), {})).toThrow("no such file");
});
