/**
 * Builds the Studio: `node apps/studio/build.ts [FOLDER]`. Without a folder it goes where a mill looks for it, unless it is
 * there already; a build becomes visible whole, and takes the place of those of other sources.
 */
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { build } from "vite";
import { findBuiltStudio } from "./built-studio.ts";

const configFile = join(import.meta.dirname, "vite.config.ts");
const into = (outDir: string) => build({ configFile, logLevel: "warn", build: { outDir, emptyOutDir: true } });

const [folder] = process.argv.slice(2);
if (folder !== undefined) await into(folder);
else await buildHere();

async function buildHere(): Promise<void> {
  const { dir, isThere } = findBuiltStudio();
  if (isThere) return;
  const parent = dirname(dir);
  const unfinished = `${dir}.${process.pid}`;
  await mkdir(parent, { recursive: true });
  try {
    await into(unfinished);
    // Another process may have been faster: its files are the same.
    await rename(unfinished, dir).catch((error) => {
      if (!findBuiltStudio().isThere) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  // Whoever serves an older one has it in memory. What has a dot in its name is being built.
  for (const name of await readdir(parent)) {
    if (name !== basename(dir) && !name.includes(".")) await rm(join(parent, name), { recursive: true, force: true });
  }
}
