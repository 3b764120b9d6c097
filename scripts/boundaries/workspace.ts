import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type FileFacts, readFacts } from "./imports.ts";
import { browserApp, type Ring, rings } from "./rings.ts";

/** One source file: its path from the repository root (with `/`), whether it is test code, and what it imports. */
export type SourceFile = FileFacts & { path: string; isTest: boolean };

/** One workspace. `ring` is undefined for a package that no ring lists. */
export type Workspace = {
  name: string;
  folder: string;
  short: string;
  ring: Ring | undefined;
  entries: string[];
  runtimeDependencies: string[];
  optionalDependencies: string[];
  devDependencies: string[];
  /** Development tools of the whole repository: the root's devDependencies. */
  sharedDependencies: string[];
  scripts: string;
  files: SourceFile[];
};

/** Folders of the root that are not workspaces: tools and whole-system tests. */
export const rootFolders = ["scripts", "test", "bench", "examples"];

type Manifest = {
  name: string;
  exports?: Record<string, unknown>;
  scripts?: Record<string, string>;
} & Partial<Record<"dependencies" | "optionalDependencies" | "peerDependencies" | "devDependencies", object>>;

/** Test code: `*.test.ts`, `*.test-d.ts`, `*.bench.ts`, `src/testing.ts`, anything below a test or bench folder. */
export function isTestFile(path: string): boolean {
  return /(\.(test|test-d|bench)\.tsx?|\/src\/testing\.ts)$/.test(path) || /(^|\/)(test|bench)\//.test(path);
}

function ringOf(folder: string, short: string): Ring | undefined {
  if (folder.startsWith("apps/")) return short === browserApp ? "studio" : "app";
  return (Object.keys(rings) as (keyof typeof rings)[]).find((ring) =>
    (rings[ring] as readonly string[]).includes(short),
  );
}

function readFiles(root: string, patterns: string[]): SourceFile[] {
  return globSync(patterns, { cwd: root, exclude: ["**/node_modules/**", "**/dist/**"] })
    .map((path) => path.replaceAll("\\", "/"))
    .sort()
    .map((path) => ({ path, isTest: isTestFile(path), ...readFacts(readFileSync(join(root, path), "utf8")) }));
}

function readManifest(root: string, folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
}

function readWorkspace(root: string, folder: string): Workspace {
  const manifest = readManifest(root, folder);
  const short = folder.split("/").at(-1) ?? folder;
  return {
    name: manifest.name,
    folder,
    short,
    ring: ringOf(folder, short),
    entries: Object.keys(manifest.exports ?? {}),
    runtimeDependencies: Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
    optionalDependencies: Object.keys(manifest.optionalDependencies ?? {}),
    devDependencies: Object.keys(manifest.devDependencies ?? {}),
    sharedDependencies: Object.keys(readManifest(root, ".").devDependencies ?? {}),
    scripts: Object.values(manifest.scripts ?? {}).join("\n"),
    files: readFiles(root, [`${folder}/{src,test,bench}/**/*.{ts,tsx}`, `${folder}/*.ts`]),
  };
}

/** Reads every workspace of the repository, and the files of its root folders. */
export function readRepository(root: string): { workspaces: Workspace[]; rootFiles: SourceFile[] } {
  const folders = globSync("{packages,apps}/*/package.json", { cwd: root })
    .map((path) => path.replaceAll("\\", "/").replace(/\/package\.json$/, ""))
    .filter((folder) => existsSync(join(root, folder, "src")))
    .sort();
  return {
    workspaces: folders.map((folder) => readWorkspace(root, folder)),
    rootFiles: readFiles(root, [`{${rootFolders.join(",")}}/**/*.{ts,tsx}`, "*.ts"]),
  };
}
