import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { processEnv } from "./process-env.ts";

const MAIN = resolve(import.meta.dirname, "../../apps/cli/src/main.ts");

export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `loramill …` as a process of its own, in a folder, with no more of this environment than it needs. */
export function createCli(options: {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}): (...args: string[]) => Promise<Said> {
  return async (...args) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: options.cwd,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...processEnv(), API_PORT: "0", API_STUDIO_DIR: "off", ...options.env },
    });
    const read = async (stream: NodeJS.ReadableStream) => (await Array.fromAsync(stream)).join("");
    const [out, err, code] = await Promise.all([
      read(child.stdout.setEncoding("utf8")),
      read(child.stderr.setEncoding("utf8")),
      new Promise<number | null>((done) => child.once("close", done)),
    ]);
    return { code, out, err };
  };
}
