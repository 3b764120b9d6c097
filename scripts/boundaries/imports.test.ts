import { expect, test } from "vitest";
import { readFacts } from "./imports.ts";

const specifiers = (source: string): string[] => readFacts(source).imports.map(({ specifier }) => specifier);

test.each([
  ['import "a";', ["a"]],
  ['import a from "a"', ["a"]],
  ['import a, { b, type c as d } from "a"', ["a"]],
  ['import * as a from "a"', ["a"]],
  ['import type { A } from "a"', ["a"]],
  ['import {\n  a,\n  b,\n} from "a"; import b from "b"', ["a", "b"]],
  ['import data from "./x.json" with { type: "json" };', ["./x.json"]],
  [
    'export { a } from "a"; export * from "b"; export * as c from "c"; export type { D } from "d"',
    ["a", "b", "c", "d"],
  ],
  ['const a = await import("a"); type B = import("b").B;', ["a", "b"]],
  ['const a = require("a"), b = require.resolve("b"), c = import.meta.resolve("c");', ["a", "b", "c"]],
])("%s names %j", (source, expected) => {
  expect(specifiers(source)).toEqual(expected);
});

test.each([
  '// import a from "a"',
  '/* import a from "a" */',
  "const text = 'import a from \"a\"';",
  'const text = `import a from "a" ${x ? "from" : "b"}`;',
  'export { a };\nconst from = "a";',
  'export type A = "a";',
  'const pattern = /import a from "a"/;',
  'const url = import.meta.url; const x = "a";',
  'schema.import("a"); loader.require("b");',
  "import { a } from `a`",
])("%s names nothing", (source) => {
  expect(specifiers(source)).toEqual([]);
});

test("code inside a template's expression is read, and what follows the template too", () => {
  expect(specifiers('const x = `a ${await import("b")} "c" ${`${{ d: 1 }}`}`; import e from "e";')).toEqual(["b", "e"]);
});

test("a division is not taken for a regular expression", () => {
  expect(specifiers('const x = (a) / 2; import b from "b"; const y = c / 2;')).toEqual(["b"]);
});

test("an apostrophe in JSX text does not swallow the next lines", () => {
  expect(specifiers('const x = <p>it isn\'t</p>;\nimport b from "b";')).toEqual(["b"]);
});

test("lines count from one, over comments and templates", () => {
  expect(readFacts('/*\n*/\nconst x = `\n`;\nimport a from "a";').imports).toEqual([{ specifier: "a", line: 5 }]);
});

test("reads of process.env are found, mentions in text are not", () => {
  const source = 'process.env.A;\n// process.env\nprocess["env"];\n"process.env";\nprocess?.env;\nprocess.argv;';
  expect(readFacts(source).environmentReads).toEqual([1, 3, 5]);
  expect(readFacts('process.env.A = "1";\nprocess.env.A === "1";').environmentReads).toEqual([2]);
});
