import { posix } from "node:path";
import { packageName, type Violation } from "./rules.ts";
import type { SourceFile, Workspace } from "./workspace.ts";

type Graph = ReadonlyMap<string, readonly string[]>;

const advice = "turn one arrow round: move the shared type to a file or package of its own, or take it as an argument";

/** The workspaces that each workspace imports outside of tests. */
function betweenWorkspaces(workspaces: readonly Workspace[]): Graph {
  const names = new Set(workspaces.map(({ name }) => name));
  return new Map(
    workspaces.map((workspace) => {
      const files = workspace.files.filter((file) => !file.isTest);
      const imported = files.flatMap((file) => file.imports.map(({ specifier }) => packageName(specifier)));
      return [workspace.name, [...new Set(imported)].filter((name) => names.has(name) && name !== workspace.name)];
    }),
  );
}

/** The files that each file imports by a relative path, types among them. */
function betweenFiles(files: readonly SourceFile[]): Graph {
  const paths = new Set(files.map(({ path }) => path));
  return new Map(
    files.map(({ path, imports }) => {
      const imported = imports
        .filter(({ specifier }) => specifier.startsWith("."))
        .map(({ specifier }) => posix.join(posix.dirname(path), specifier));
      return [path, [...new Set(imported)].filter((target) => paths.has(target))];
    }),
  );
}

/** One of each that a depth-first walk meets, closed: it ends with what it begins with. */
function cyclesOf(graph: Graph): string[][] {
  const done = new Set<string>();
  const cycles: string[][] = [];
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) {
      cycles.push([...path.slice(path.indexOf(name)), name]);
      return;
    }
    if (done.has(name)) return;
    for (const next of graph.get(name) ?? []) visit(next, [...path, name]);
    done.add(name);
  };
  for (const name of graph.keys()) visit(name, []);
  return cycles;
}

/** Circles of workspaces, and circles of files; a circle has no single guilty line. */
export function findCycles(workspaces: readonly Workspace[], rootFiles: readonly SourceFile[] = []): Violation[] {
  const folders = new Map(workspaces.map(({ name, folder }) => [name, folder]));
  const files = [...workspaces.flatMap((workspace) => workspace.files), ...rootFiles];
  const found = [
    ...cyclesOf(betweenWorkspaces(workspaces)).map((cycle) => ({
      file: `${folders.get(cycle[0] ?? "")}/package.json`,
      cycle,
    })),
    ...cyclesOf(betweenFiles(files)).map((cycle) => ({ file: cycle[0] ?? "", cycle })),
  ];
  return found.map(({ file, cycle }) => ({ file, line: 0, rule: "cycle", message: cycle.join(" -> "), advice }));
}
