import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { brokenPromises, format } from "../promises.ts";
import { openLongWorlds } from "./long-worlds.ts";
import { measureFleet } from "./measure-fleet.ts";

/** A seed is some forty seconds of computing on a core. */
const HOURS_MS = 12 * 3_600_000;
const ROOT = resolve(import.meta.dirname, "../..");
const PACKAGES = ["contracts", "fleet", "compute", "testkit"];
const git = (args: string[], input = "") => execFileSync("git", args, { cwd: ROOT, encoding: "utf8", input }).trim();
/** What decides a world, by the bytes of its files as they lie here. */
const files = git(["ls-files", ...["bench/fleet", ...PACKAGES.map((name) => `packages/${name}`)]]);
const code = createHash("sha256")
  .update(git(["hash-object", "--stdin-paths"], files))
  .digest("hex")
  .slice(0, 16);
/** Worlds that are known, so that a soak which was interrupted goes on. */
const NOTES = resolve(ROOT, `node_modules/.cache/fleet-worlds/${code}.jsonl`);
/** Where what was measured is written down, if anywhere. */
const LOG = process.env.SOAK_LOG;

it(
  "the fleet keeps its promises in a hundred worlds",
  async () => {
    const seeds = Number(process.env.SOAK_SEEDS ?? 100);
    const commit = git(["rev-parse", "--short", "HEAD"]);
    const worlds = openLongWorlds(NOTES);
    if (worlds.known > 0) console.log(`goes on: ${worlds.known} worlds are known from before, by ${NOTES}`);
    const fleet = await measureFleet(seeds, { worlds, told: (what) => console.log(what) }).finally(worlds.close);
    const broken = brokenPromises({ fleet });
    const figures = Object.entries(fleet).map(([name, value]) => `${name.padEnd(24)} ${format(value)}`);
    const verdict = broken.length === 0 ? ["every promise is kept"] : broken;
    const head = `seeds 1 to ${seeds}, ${new Date().toISOString()}, ${commit}`;
    const text = [head, ...figures, ...verdict, ""].join("\n");
    console.log(text);
    if (LOG !== undefined) writeFileSync(LOG, text);
    expect(broken).toEqual([]);
  },
  HOURS_MS,
);
