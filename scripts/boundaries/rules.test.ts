import { expect, test } from "vitest";
import { findCycles } from "./cycles.ts";
import { readFacts } from "./imports.ts";
import type { Ring } from "./rings.ts";
import { checkRootFile, checkWorkspace } from "./rules.ts";
import { isTestFile, type Workspace } from "./workspace.ts";

type Sources = Record<string, string>;

/** A workspace that declares exactly what its sources import, so that only the rule under test can break. */
function workspace(
  ring: Ring | undefined,
  short: string,
  sources: Sources,
  options: Partial<Workspace> = {},
): Workspace {
  const folder = `${ring === "app" ? "apps" : "packages"}/${short}`;
  const files = Object.entries(sources).map(([path, source]) => {
    const full = `${folder}/${path}`;
    return { path: full, isTest: isTestFile(full), ...readFacts(source) };
  });
  const imported = files.flatMap((file) => file.imports.map(({ specifier }) => specifier));
  return {
    name: `@loramill/${short}`,
    folder,
    short,
    ring,
    entries: [".", "./testing"],
    runtimeDependencies: [...new Set(imported.filter((name) => /^[@a-z]/.test(name) && !name.includes(":")))].map(
      (name) => name.replace(/\/testing$/, ""),
    ),
    optionalDependencies: [],
    devDependencies: [],
    sharedDependencies: [],
    scripts: "",
    files,
    ...options,
  };
}

const others = [
  workspace("contracts", "contracts", {}),
  workspace("domain", "lora", {}),
  workspace("adapter", "catalog", {}),
  workspace("testkit", "testkit", {}),
  workspace("app", "api", {}),
];

function broken(subject: Workspace): string[] {
  const byName = new Map([...others, subject].map((each) => [each.name, each]));
  return checkWorkspace(subject, byName).map(({ file, line, rule }) => `${file}:${line} ${rule}`);
}

test.each<[Ring, string, string]>([
  ["domain", "imaging", "contracts"],
  ["adapter", "storage", "lora"],
  ["runtime", "runtime", "catalog"],
  ["app", "dispatcher", "catalog"],
  ["app", "mill", "api"],
])("a package of ring %s (%s) may import %s", (ring, short, target) => {
  expect(broken(workspace(ring, short, { "src/a.ts": `import "@loramill/${target}";` }))).toEqual([]);
});

test.each<[Ring, string, string]>([
  ["contracts", "contracts", "lora"],
  ["domain", "imaging", "lora"],
  ["domain", "imaging", "catalog"],
  ["adapter", "storage", "catalog"],
  ["sdk", "sdk", "lora"],
  ["testkit", "testkit", "catalog"],
  ["runtime", "runtime", "api"],
  ["app", "dispatcher", "api"],
])("a package of ring %s (%s) may not import %s", (ring, short, target) => {
  const subject = workspace(ring, short, { "src/a.ts": `\nimport "@loramill/${target}";` });
  expect(broken(subject)).toEqual([`${subject.folder}/src/a.ts:2 ring`]);
});

test("a package that no ring lists is refused", () => {
  expect(broken(workspace(undefined, "helpers", {}))).toEqual(["packages/helpers/package.json:0 ring"]);
});

test("testkit and testing entries are for tests only", () => {
  const source = 'import "@loramill/testkit"; import "@loramill/catalog/testing";';
  expect(broken(workspace("adapter", "queue", { "src/a.test.ts": source, "src/testing.ts": source }))).toEqual([]);
  expect(broken(workspace("app", "queue", { "src/a.ts": source }))).toEqual([
    "apps/queue/src/a.ts:1 testkit",
    "apps/queue/src/a.ts:1 testkit",
  ]);
});

test("tests of an adapter may use another adapter, tests of a package no app", () => {
  expect(broken(workspace("adapter", "queue", { "src/a.int.test.ts": 'import "@loramill/catalog";' }))).toEqual([]);
  const subject = workspace("adapter", "queue", { "src/a.test.ts": 'import "@loramill/api";' });
  expect(broken(subject)).toEqual(["packages/queue/src/a.test.ts:1 ring"]);
});

test("an outside technology has one home, except in tests", () => {
  expect(broken(workspace("domain", "imaging", { "src/a.ts": 'import "sharp";' }))).toEqual([]);
  expect(broken(workspace("adapter", "pocket", { "src/a.test.ts": 'import "sharp";' }))).toEqual([]);
  const subject = workspace("adapter", "pocket", { "src/a.ts": 'import "sharp"; import "@aws-sdk/client-s3";' });
  expect(broken(subject)).toEqual([
    "packages/pocket/src/a.ts:1 sole importer",
    "packages/pocket/src/a.ts:1 sole importer",
  ]);
});

test("what is imported must be declared, for tests at least as a dev dependency", () => {
  const sources = { "src/a.ts": 'import "zod"; import "node:fs";', "src/a.test.ts": 'import "vitest";' };
  const options = { runtimeDependencies: [], devDependencies: ["zod", "vitest"] };
  expect(broken(workspace("domain", "lora", sources, options))).toEqual(["packages/lora/src/a.ts:1 undeclared"]);
});

test("tests may use the tools of the whole repository", () => {
  const options = { runtimeDependencies: [], sharedDependencies: ["vitest"] };
  expect(broken(workspace("domain", "lora", { "src/a.test.ts": 'import "vitest";' }, options))).toEqual([]);
});

test("a tool of the root may import what some workspace declares and nothing else", () => {
  const source = 'import "pg"; import "left-pad"; import "@loramill/lora"; import "node:fs";';
  const file = { path: "bench/main.ts", isTest: true, ...readFacts(source) };
  const catalog = workspace("adapter", "catalog", { "src/a.ts": 'import "pg";' });
  expect(checkRootFile(file, [...others, catalog]).map(({ message }) => message)).toEqual([
    "left-pad is declared nowhere",
  ]);
});

test("what is declared must be imported; types follow their package and scripts count", () => {
  const options = {
    runtimeDependencies: ["pg", "zod"],
    devDependencies: ["@types/pg", "@types/yauzl", "@types/node", "drizzle-kit"],
    scripts: "drizzle-kit generate",
  };
  expect(
    checkWorkspace(workspace("adapter", "catalog", { "src/a.ts": 'import "pg";' }, options), new Map()),
  ).toMatchObject([
    { rule: "unused", message: expect.stringContaining("zod") },
    { rule: "unused", message: expect.stringContaining("@types/yauzl") },
  ]);
});

test("only entries of a package can be imported", () => {
  const options = { runtimeDependencies: ["@loramill/contracts"] };
  const subject = workspace("domain", "imaging", { "src/a.ts": 'import "@loramill/contracts/src/ids.ts";' }, options);
  expect(broken(subject)).toEqual(["packages/imaging/src/a.ts:1 entry"]);
});

test("relative imports stay in their package", () => {
  const sources = {
    "src/deep/a.ts": 'import "../b.ts"; import "../../package.json"; import "../../../lora/src/x.ts";',
  };
  expect(broken(workspace("domain", "imaging", sources))).toEqual(["packages/imaging/src/deep/a.ts:1 relative import"]);
});

test("the environment is read in an app's config.ts and main.ts, and in tests", () => {
  const read = "process.env.HOME;";
  const sources = { "src/main.ts": read, "src/config.ts": read, "src/a.test.ts": read, "src/deps.ts": read };
  expect(broken(workspace("app", "curator", sources))).toEqual(["apps/curator/src/deps.ts:1 environment"]);
  expect(broken(workspace("adapter", "queue", { "src/config.ts": read }))).toEqual([
    "packages/queue/src/config.ts:1 environment",
  ]);
});

test("a tool of the root does not reach into a workspace by path", () => {
  const file = {
    path: "scripts/demo.ts",
    isTest: false,
    ...readFacts('import "../apps/cli/src/main.ts"; import "./a.ts";'),
  };
  expect(checkRootFile(file, others).map(({ rule }) => rule)).toEqual(["relative import"]);
});

test("a cycle is reported once, with its path; imports of tests do not count", () => {
  const a = workspace("adapter", "a", { "src/a.ts": 'import "@loramill/b";' });
  const b = workspace("adapter", "b", {
    "src/b.ts": 'import "@loramill/a";',
    "src/b.test.ts": 'import "@loramill/c";',
  });
  const c = workspace("adapter", "c", { "src/c.ts": 'import "@loramill/b";' });
  expect(findCycles([a, b, c]).map(({ message }) => message)).toEqual(["@loramill/a -> @loramill/b -> @loramill/a"]);
});

test("finds circles of files, also of types alone, and no path that merely joins again", () => {
  const a = workspace("adapter", "a", {
    "src/turn.ts": `import { step } from "./step.ts";\nimport { log } from "./log.ts";`,
    "src/step.ts": `import type { Turn } from "./turn.ts";\nimport { log } from "./log.ts";`,
    "src/log.ts": "export const log = 1;",
  });
  expect(findCycles([a]).map(({ file, message }) => [file, message])).toEqual([
    ["packages/a/src/turn.ts", "packages/a/src/turn.ts -> packages/a/src/step.ts -> packages/a/src/turn.ts"],
  ]);
});
