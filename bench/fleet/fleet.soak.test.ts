import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { brokenPromises, format } from "../promises.ts";
import { measureFleet } from "./measure-fleet.ts";

/** About half a minute of computing for each seed, by itself on a core. */
const HOURS_MS = 12 * 3_600_000;
const LOG = join(import.meta.dirname, "soak.log");

it(
  "the fleet keeps its promises in a hundred worlds",
  async () => {
    const seeds = Number(process.env.SOAK_SEEDS ?? 100);
    const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
    const fleet = await measureFleet(seeds);
    const broken = brokenPromises({ fleet });
    const figures = Object.entries(fleet).map(([name, value]) => `${name.padEnd(24)} ${format(value)}`);
    const verdict = broken.length === 0 ? ["every promise is kept"] : broken;
    writeFileSync(
      LOG,
      [`seeds 1 to ${seeds}, ${new Date().toISOString()}, ${commit}`, ...figures, ...verdict, ""].join("\n"),
    );
    expect(broken).toEqual([]);
  },
  HOURS_MS,
);
