import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { advice, allowed, browserApp, composingApp, homesOf } from "./rings.ts";
import type { SourceFile, Workspace } from "./workspace.ts";

/** One broken rule, with what to do about it. `line` 0 stands for the whole file. */
export type Violation = { file: string; line: number; rule: string; message: string; advice: string };

type Check = (violation: Omit<Violation, "file" | "line">) => void;

/** `@scope/name/sub` and `name/sub` to the package's name. */
export function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

const isRelative = (specifier: string): boolean => specifier.startsWith(".") || specifier.startsWith("/");
const isPackage = (specifier: string): boolean =>
  !isRelative(specifier) && !isBuiltin(specifier) && !/^(#|\w+:)/.test(specifier);

function checkRing(from: Workspace, to: Workspace, isTest: boolean, report: Check): void {
  if (from === to) return;
  const names = `${from.short} (${from.ring ?? "no ring"}) imports ${to.short} (${to.ring ?? "no ring"})`;
  if (to.ring === "testkit") {
    if (isTest || from.ring === "testkit") return;
    report({
      rule: "testkit",
      message: `${names} outside of a test`,
      advice: "only *.test.ts, test/, bench/ and src/testing.ts may import it",
    });
  } else if (to.ring === "app" || to.ring === "studio") {
    if (from.ring === "app" && from.short === composingApp) return;
    report({ rule: "ring", message: names, advice: advice.app });
  } else if (!isTest && from.ring && to.ring && !allowed[from.ring].includes(to.ring)) {
    report({ rule: "ring", message: names, advice: advice[from.ring] });
  }
}

function checkOutside(from: Workspace, dependency: string, report: Check): void {
  const homes = homesOf(dependency);
  if (!homes || homes.includes(from.short)) return;
  const message = `${from.short} imports ${dependency}`;
  report({ rule: "sole importer", message, advice: `only ${homes.join(", ")} may: use its port, or extend it` });
}

function declaredBy(workspace: Workspace): string[] {
  return [...workspace.runtimeDependencies, ...workspace.optionalDependencies, ...workspace.devDependencies];
}

function checkDeclared(from: Workspace, dependency: string, isTest: boolean, report: Check): void {
  if (dependency === from.name) return;
  const declared = [
    ...from.runtimeDependencies,
    ...from.optionalDependencies,
    ...(isTest ? [...from.devDependencies, ...from.sharedDependencies] : []),
  ];
  if (declared.includes(dependency)) return;
  const list = isTest ? "devDependencies" : "dependencies";
  const message = `${dependency} is imported but not declared`;
  report({ rule: "undeclared", message, advice: `add it to ${list} of ${from.folder}/package.json` });
}

function checkFile(from: Workspace, file: SourceFile, byName: Map<string, Workspace>): Violation[] {
  const violations: Violation[] = [];
  const isConfig = /^[^/]+\/[^/]+\/[^/]+$/.test(file.path); // drizzle.config.ts and the like, beside package.json
  const isDevelopment = file.isTest || isConfig;
  for (const { specifier, line } of file.imports) {
    const report: Check = (violation) => void violations.push({ file: file.path, line, ...violation });
    if (isRelative(specifier)) {
      const target = posix.join(posix.dirname(file.path), specifier);
      if (target.startsWith(`${from.folder}/`)) continue;
      report({
        rule: "relative import",
        message: `${specifier} leaves ${from.folder}`,
        advice: "import the package by its name",
      });
    } else if (isBuiltin(specifier) && from.short === browserApp && !isDevelopment) {
      report({
        rule: "browser",
        message: `${specifier} is a module of Node`,
        advice: "use what browsers have, or ask the API",
      });
    } else if (isPackage(specifier)) {
      const dependency = packageName(specifier);
      const to = byName.get(dependency);
      checkDeclared(from, dependency, isDevelopment, report);
      if (to) {
        checkRing(from, to, file.isTest, report);
        checkEntry(to, specifier, file.isTest, report);
      } else if (!isDevelopment) checkOutside(from, dependency, report);
    }
  }
  for (const line of file.environmentReads) {
    if (mayReadEnvironment(from, file)) continue;
    const message = "process.env is read here";
    violations.push({
      file: file.path,
      line,
      rule: "environment",
      message,
      advice: "read it in the app's config.ts or main.ts and pass options",
    });
  }
  return violations;
}

function checkEntry(to: Workspace, specifier: string, isTest: boolean, report: Check): void {
  const entry = `.${specifier.slice(to.name.length)}`;
  if (!to.entries.includes(entry)) {
    report({
      rule: "entry",
      message: `${specifier} is not an entry of ${to.name}`,
      advice: "import what its exports offer",
    });
  } else if (entry === "./testing" && !isTest) {
    report({
      rule: "testkit",
      message: `${specifier} is imported outside of a test`,
      advice: "it is test code: use the main entry",
    });
  }
}

function mayReadEnvironment(from: Workspace, file: SourceFile): boolean {
  const isEdge = from.ring === "app" && /\/src\/(config|main)\.ts$/.test(file.path);
  return isEdge || file.isTest || from.ring === "testkit";
}

function checkUnused(from: Workspace): Violation[] {
  const used = new Set(from.files.flatMap((file) => file.imports.map(({ specifier }) => packageName(specifier))));
  const isUsed = (name: string): boolean => {
    if (used.has(name)) return true;
    if (name.startsWith("@types/")) {
      const typed = name.slice("@types/".length).replace(/^(.+)__(.+)$/, "@$1/$2");
      return typed === "node" || used.has(typed);
    }
    return from.scripts.includes(name);
  };
  return [...from.runtimeDependencies, ...from.devDependencies]
    .filter((name) => !isUsed(name))
    .map((name) => ({
      file: `${from.folder}/package.json`,
      line: 0,
      rule: "unused",
      message: `${name} is declared but no file imports it`,
      advice: "remove it, or import it",
    }));
}

/** Every broken rule of one workspace, cycles apart. */
export function checkWorkspace(from: Workspace, byName: Map<string, Workspace>): Violation[] {
  const violations = from.files.flatMap((file) => checkFile(from, file, byName));
  if (!from.ring) {
    const message = `${from.short} is in no ring`;
    violations.unshift({
      file: `${from.folder}/package.json`,
      line: 0,
      rule: "ring",
      message,
      advice: "add it to scripts/boundaries/rings.ts",
    });
  }
  return [...violations, ...checkUnused(from)];
}

/**
 * Tools and whole-system tests may import what the root or any workspace declares, and workspaces by name, but never
 * reach into one by path.
 */
export function checkRootFile(file: SourceFile, workspaces: Workspace[]): Violation[] {
  const known = new Set(workspaces.flatMap((each) => [each.name, ...declaredBy(each), ...each.sharedDependencies]));
  return file.imports.flatMap(({ specifier, line }) => {
    if (isPackage(specifier) && !known.has(packageName(specifier))) {
      const message = `${specifier} is declared nowhere`;
      return [
        { file: file.path, line, rule: "undeclared", message, advice: "add it to devDependencies of package.json" },
      ];
    }
    if (!isRelative(specifier)) return [];
    const target = posix.join(posix.dirname(file.path), specifier);
    if (!/^(\.\.|packages\/|apps\/)/.test(target)) return [];
    const message = `${specifier} reaches into a workspace`;
    return [
      {
        file: file.path,
        line,
        rule: "relative import",
        message,
        advice: "import the package by its name, or spawn the app",
      },
    ];
  });
}
