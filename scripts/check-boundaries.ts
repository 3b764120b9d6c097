/** Checks the direction of imports, circles, the homes of heavy libraries, dependencies and `process.env`; exits 1 on a violation. */
import { join } from "node:path";
import { findCycles } from "./boundaries/cycles.ts";
import { checkRootFile, checkWorkspace } from "./boundaries/rules.ts";
import { readRepository } from "./boundaries/workspace.ts";

const { workspaces, rootFiles } = readRepository(join(import.meta.dirname, ".."));
const byName = new Map(workspaces.map((workspace) => [workspace.name, workspace]));
const violations = [
  ...workspaces.flatMap((workspace) => checkWorkspace(workspace, byName)),
  ...rootFiles.flatMap((file) => checkRootFile(file, workspaces)),
  ...findCycles(workspaces, rootFiles),
];

for (const { file, line, rule, message, advice } of violations) {
  console.error(
    `${file}${line ? `:${line}` : ""} [${rule}] ${message}. ${advice[0]?.toUpperCase()}${advice.slice(1)}.`,
  );
}
const files = workspaces.reduce((sum, workspace) => sum + workspace.files.length, rootFiles.length);
console.log(`boundaries: ${violations.length} violations in ${files} files of ${workspaces.length} workspaces`);
process.exitCode = violations.length > 0 ? 1 : 0;
