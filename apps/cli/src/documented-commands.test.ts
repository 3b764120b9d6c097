import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BatchSpec, RunSpec } from "@loramill/contracts";
import { CommanderError } from "commander";
import { expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { createProgram } from "./program.ts";

const root = join(import.meta.dirname, "../../..");
const pages = globSync(["README.md", "CONTRIBUTING.md", "docs/**/*.md", "apps/*/README.md", "packages/*/README.md"], {
  cwd: root,
}).map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

/** The fenced blocks of a page, of these languages. */
function blocksOf(text: string, languages: readonly string[]): string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].flatMap(([, language = "", body = ""]) =>
    languages.includes(language) ? [body] : [],
  );
}

/** What follows `loramill` on a line of shell, as arguments; up to a comment, a pipe or the next command. */
function argumentsOf(line: string): string[] | null {
  const command = line.match(/^\s*(?:\$ )?(?:[A-Z_]+=\S+ )*(?:npx )?(?:npm run )?loramill(?: --)? (.*)$/)?.[1];
  if (command === undefined) return null;
  const words = [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)];
  const end = words.findIndex(([, , , bare]) => bare !== undefined && /^(#|\||>|&&|;|&$)/.test(bare));
  return (end < 0 ? words : words.slice(0, end)).map(([, double, single, bare]) => double ?? single ?? bare ?? "");
}

/** Why the command line does not take these arguments, or null. Nothing is done with them. */
async function refusal(given: readonly string[]): Promise<string | null> {
  const program = createProgram(async () => {});
  for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)]) {
    command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
  }
  try {
    await program.parseAsync([...given], { from: "user" });
    return null;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? null : error.message;
    throw error;
  }
}

const documented = pages.flatMap(({ path, text }) =>
  blocksOf(text, ["sh", "bash", "console", ""])
    .flatMap((block) => block.replaceAll("\\\n", " ").split("\n"))
    .flatMap((line) => {
      const given = argumentsOf(line);
      return given === null ? [] : [{ path, line: line.trim(), given }];
    }),
);

test("every documented command is one that the command line takes", async () => {
  expect(documented.length).toBeGreaterThan(5);
  for (const { path, line, given } of documented) expect(await refusal(given), `${path}: ${line}`).toBeNull();
});

test("every command that a sentence names exists, and so do those below it", () => {
  const known = new Map(createProgram(async () => {}).commands.map((command) => [command.name(), command]));
  const named = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/`loramill ([a-z][a-z-]*)(?: ([a-z][a-z-]*(?:\\\|[a-z-]+)*))?/g)].map(([, name = "", below]) => ({
      path,
      name,
      below: below?.split("\\|") ?? [], // tables of several: add\|list\|show
    })),
  );
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter(({ name }) => !known.has(name))).toEqual([]);
  const inGroups = named.filter(({ name }) => known.get(name)?.registeredArguments.length === 0);
  const unknown = inGroups.filter(({ name, below }) => {
    const group = known.get(name)?.commands.map((command) => command.name()) ?? [];
    return group.length > 0 && below.some((each) => !group.includes(each));
  });
  expect(unknown).toEqual([]);
});

test("every command has an example in its help, and the example is one that it takes", async () => {
  const commands = createProgram(async () => {}).commands;
  for (const command of commands.flatMap((one) => (one.commands.length > 0 ? one.commands : [one]))) {
    let help = "";
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    const examples = help.split("\n").filter((line) => line.startsWith("  $ "));
    expect(examples.length, command.name()).toBeGreaterThan(0);
    for (const line of examples) {
      const given = argumentsOf(line) ?? [];
      expect(given, line).toContain(command.name());
      expect(await refusal(given), line).toBeNull();
    }
  }
});

/** A batch as it is sent, with a folder and a row in place of those that the command line would find. */
function sentBatch({ folders, table, ...rest }: Record<string, unknown>): unknown {
  const anna = { name: "anna", source: { type: "folder", path: "/subjects/anna" } };
  return {
    ...rest,
    ...(folders === undefined ? {} : { folders: [anna] }),
    ...(table === undefined ? {} : { rows: [{ folder: "anna" }] }),
  };
}

test("every documented spec and example is one that the schema takes", () => {
  const specs = pages.flatMap(({ path, text }) =>
    blocksOf(text, ["yaml", "yml"])
      .map((block): unknown => parseYaml(block))
      .filter(
        (value) =>
          typeof value === "object" && value !== null && ("dataset" in value || "generate" in value || "kind" in value),
      )
      .map((value) => ({ path, value })),
  );
  for (const path of globSync("examples/*.yaml", { cwd: root })) {
    specs.push({ path, value: parseYaml(readFileSync(join(root, path), "utf8")) });
  }
  const isBatch = (value: unknown): value is Record<string, unknown> => (value as { kind?: unknown }).kind === "batch";
  expect(specs.filter(({ value }) => isBatch(value)).length).toBeGreaterThan(1);
  for (const { path, value } of specs) {
    const parsed = isBatch(value) ? BatchSpec.safeParse(sentBatch(value)) : RunSpec.safeParse(value);
    expect(parsed.error?.issues ?? [], path).toEqual([]);
  }
});
