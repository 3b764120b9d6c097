import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join, relative, sep } from "node:path";

interface Rule {
  readonly pattern: RegExp;
  readonly lets: boolean;
}

/** `*` is anything within a name, also one that begins with a dot; `**` is any number of folders. */
function patternOf(text: string): RegExp {
  const source = text
    .split("/")
    .map((part) => (part === "**" ? "**" : part.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", "[^/]*")))
    .join("/")
    .replaceAll("**/", "(?:.*/)?")
    .replaceAll("**", ".*");
  return new RegExp(`^${source}$`);
}

/**
 * Which paths a `.dockerignore` leaves out, as Docker reads it: a rule that fits a folder fits all below it, and the last rule
 * that fits decides. Paths are relative to the root, with slashes.
 */
export function readIgnore(text: string): (path: string) => boolean {
  const rules = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line): Rule => {
      const lets = line.startsWith("!");
      return { lets, pattern: patternOf(line.slice(lets ? 1 : 0).replaceAll(/^\/|\/$/g, "")) };
    });
  return (path) => {
    const parts = path.split("/");
    const above = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
    const last = rules.findLast(({ pattern }) => above.some((one) => pattern.test(one)));
    return last !== undefined && !last.lets;
  };
}

/** Copies what a build from `root` would get into the folder `into`. Says how many files these were. */
export function layOutContext(root: string, into: string): number {
  const leavesOut = readIgnore(readFileSync(join(root, ".dockerignore"), "utf8"));
  let files = 0;
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        // What a rule leaves out may hold what a later one lets in; these three never do, and are large.
        if (!["node_modules", ".git", "dist"].includes(entry.name)) walk(path);
      } else if (entry.isFile() && !leavesOut(path)) {
        mkdirSync(join(into, folder), { recursive: true });
        cpSync(join(root, path), join(into, path));
        files += 1;
      }
    }
  };
  walk("");
  return files;
}

/**
 * Gives a context the libraries that `npm ci` would install, as links to those of `root`; our own packages are the context's, so
 * that nothing is found that it lacks.
 */
export function linkLibraries(root: string, into: string): void {
  const from = join(root, "node_modules");
  const to = join(into, "node_modules");
  mkdirSync(join(to, "@loramill"), { recursive: true });
  for (const name of readdirSync(from)) {
    if (name !== "@loramill" && !name.startsWith(".")) symlinkSync(join(from, name), join(to, name));
  }
  for (const ring of ["packages", "apps"]) {
    for (const name of readdirSync(join(into, ring))) {
      const target = relative(join(to, "@loramill"), join(into, ring, name))
        .split(sep)
        .join("/");
      symlinkSync(target, join(to, "@loramill", name));
    }
  }
}
