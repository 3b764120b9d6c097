/** Where the built Studio of these sources lies, and what builds it; for Node, apart from the pages in `src`. */
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Everything that decides the pages: the lock stands for the libraries. */
const SOURCES = [
  "package-lock.json",
  "apps/studio/{index.html,package.json,vite.config.ts}",
  "apps/studio/src/**/*.{ts,tsx,css,svg}",
  "packages/{contracts,sdk}/package.json",
  "packages/{contracts,sdk}/src/**/*.ts",
];

export interface BuiltStudio {
  /** Holds `index.html` once it is built; named after the content of the sources. */
  readonly dir: string;
  readonly isThere: boolean;
}

/** The program that builds it there. */
export const buildProgram = fileURLToPath(new URL("./build.ts", import.meta.url));

/** Reads the sources: some 400 small files. */
export function findBuiltStudio(): BuiltStudio {
  const hash = createHash("sha256");
  for (const path of globSync(SOURCES, { cwd: ROOT }).sort()) {
    if (/\.test\.tsx?$/.test(path)) continue;
    const bytes = readFileSync(join(ROOT, path));
    hash.update(`${path.replaceAll("\\", "/")} ${bytes.length}\n`).update(bytes);
  }
  const dir = join(ROOT, "apps/studio/dist", hash.digest("hex").slice(0, 16));
  return { dir, isThere: existsSync(join(dir, "index.html")) };
}
