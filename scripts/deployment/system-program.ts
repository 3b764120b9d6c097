import { spawnSync } from "node:child_process";

export interface ProgramAnswer {
  readonly code: number | null;
  readonly output: string;
}

/** Programs that must be there, by name: `.ci/run` sets it where it could get them, so that no test is skipped unseen. */
const REQUIRED = "LORAMILL_TEST_REQUIRE";

/** Runs a program of the system; null, after one loud line, where it is not installed, unless it is required. */
export function runSystemProgram(program: string, args: readonly string[], cwd: string): ProgramAnswer | null {
  const { error, status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: "utf8", timeout: 60_000 });
  if (error && "code" in error && error.code === "ENOENT") {
    if (process.env[REQUIRED]?.split(" ").includes(program)) {
      throw new Error(`${program} is not on the PATH, and ${REQUIRED} says that it is`);
    }
    console.warn(`SKIPPED: ${program} is not on the PATH: \`${program} ${args.join(" ")}\` was not tried`);
    return null;
  }
  if (error) throw error;
  return { code: status, output: status === 0 ? stdout : stdout + stderr };
}
