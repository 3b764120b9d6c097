import { spawnSync } from "node:child_process";

export interface ProgramAnswer {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program of the system; null, after one loud line, where it is not installed. */
export function runSystemProgram(program: string, args: readonly string[], cwd: string): ProgramAnswer | null {
  const { error, status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: "utf8", timeout: 60_000 });
  if (error && "code" in error && error.code === "ENOENT") {
    console.warn(`SKIPPED: ${program} is not on the PATH: \`${program} ${args.join(" ")}\` was not tried`);
    return null;
  }
  if (error) throw error;
  return { code: status, output: status === 0 ? stdout : stdout + stderr };
}
