import { type ChildProcess, spawn } from "node:child_process";
import type { StudioBuild } from "@loramill/api";
import { PermanentError } from "@loramill/contracts";
import { buildProgram, findBuiltStudio } from "@loramill/studio";

/** What a failed build said, at most so many characters of its end. */
const TOLD_CHARACTERS = 2_000;

/** Builds the Studio in a process of its own: the bundler is no part of a mill, and takes all cores for seconds. */
export function openStudioBuild(): StudioBuild & { stop(): Promise<void> } {
  const { dir, isThere } = findBuiltStudio();
  let child: ChildProcess | null = null;
  let ended: Promise<void> = Promise.resolve();
  return {
    isThere,
    async run() {
      if (isThere) return dir;
      const program = spawn(process.execPath, [buildProgram], { stdio: ["ignore", "ignore", "pipe"] });
      child = program;
      let told = "";
      program.stderr.setEncoding("utf8").on("data", (text: string) => {
        told = (told + text).slice(-TOLD_CHARACTERS);
      });
      const code = new Promise<number | null>((done, fail) => program.once("close", done).once("error", fail));
      ended = code.then(
        () => {},
        () => {},
      );
      if ((await code) === 0) return dir;
      const message = told.trim() || "it said nothing";
      throw new PermanentError(`\`node apps/studio/build.ts\` failed: ${message}`, { code: "studio-not-built" });
    },
    async stop() {
      child?.kill("SIGTERM");
      await ended;
    },
  };
}
