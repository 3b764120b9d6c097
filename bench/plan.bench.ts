import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Bench } from "./harness.ts";

const GENERATIONS = 100_000;
const DEADLINE_MS = 300_000;
const run = promisify(execFile);

/**
 * Planning 100,000 pictures with a prompt each, from the spec's text to the lock's and the grid's: `seconds`, and `rssMB`,
 * the most memory (MiB) that the process ever held.
 */
export const bench: Bench = {
  name: "plan",
  run: async () => {
    const script = fileURLToPath(new URL("./plan/plan-generations.ts", import.meta.url));
    const { stdout } = await run(process.execPath, [script, `${GENERATIONS}`], { timeout: DEADLINE_MS });
    const { seconds, peakBytes } = JSON.parse(stdout) as { seconds: number; peakBytes: number };
    return { seconds, rssMB: peakBytes / 1024 ** 2 };
  },
};
