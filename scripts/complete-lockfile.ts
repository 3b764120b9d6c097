/**
 * Adds what `npm install` leaves out of package-lock.json when the registry lacks a platform's package, so that `npm ci`
 * passes everywhere. `--check` changes nothing, names what is missing and exits 1.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { completeLockfile, findMissing, findResolved, type Lockfile } from "./lockfile/lockfile.ts";

const path = join(import.meta.dirname, "..", "package-lock.json");
const text = readFileSync(path, "utf8");
const lock = JSON.parse(text) as Lockfile;
const missing = findMissing(lock);
const resolved = findResolved(lock);

if (process.argv.includes("--check")) {
  for (const entry of missing) console.error(`missing: ${entry.name}@${entry.range}, wanted by ${entry.parent || "."}`);
  for (const node of resolved) console.error(`names a registry host: ${node}`);
  if (missing.length + resolved.length > 0) {
    console.error("package-lock.json is not complete. Run: node scripts/complete-lockfile.ts");
    process.exitCode = 1;
  }
} else {
  const completed = `${JSON.stringify(completeLockfile(lock), null, 2)}\n`;
  if (completed !== text) writeFileSync(path, completed);
  console.log(`package-lock.json: ${missing.length} entries added, ${resolved.length} host names removed`);
}
