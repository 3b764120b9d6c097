import { packageName, type Violation } from "./rules.ts";
import type { Workspace } from "./workspace.ts";

/** The workspaces that each workspace imports outside of tests. */
function edges(workspaces: Workspace[]): Map<string, string[]> {
  const names = new Set(workspaces.map(({ name }) => name));
  return new Map(
    workspaces.map((workspace) => {
      const files = workspace.files.filter((file) => !file.isTest);
      const imported = files.flatMap((file) => file.imports.map(({ specifier }) => packageName(specifier)));
      return [workspace.name, [...new Set(imported)].filter((name) => names.has(name) && name !== workspace.name)];
    }),
  );
}

/** One violation for each cycle that a depth-first walk meets; a cycle has no single guilty line. */
export function findCycles(workspaces: Workspace[]): Violation[] {
  const graph = edges(workspaces);
  const folders = new Map(workspaces.map(({ name, folder }) => [name, folder]));
  const done = new Set<string>();
  const violations: Violation[] = [];
  const visit = (name: string, path: string[]): void => {
    if (path.includes(name)) {
      const cycle = [...path.slice(path.indexOf(name)), name];
      violations.push({
        file: `${folders.get(name)}/package.json`,
        line: 0,
        rule: "cycle",
        message: cycle.join(" -> "),
        advice: "turn one arrow round: move the shared type into contracts, or take it as an argument",
      });
      return;
    }
    if (done.has(name)) return;
    for (const next of graph.get(name) ?? []) visit(next, [...path, name]);
    done.add(name);
  };
  for (const { name } of workspaces) visit(name, []);
  return violations;
}
