import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { brokenPromises, format } from "../promises.ts";
import { measureFleet } from "./measure-fleet.ts";

/** A seed is some forty seconds of computing, by itself on a core. */
const HOURS_MS = 12 * 3_600_000;
/** Where what was measured is written down, if anywhere. */
const LOG = process.env.SOAK_LOG;

it(
  "the fleet keeps its promises in a hundred worlds",
  async () => {
    const seeds = Number(process.env.SOAK_SEEDS ?? 100);
    const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
    const fleet = await measureFleet(seeds, (what) => console.log(what));
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
