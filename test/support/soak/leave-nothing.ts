import { spawn } from "node:child_process";
import { resolve } from "node:path";

/**
 * A process beside this one that outlives it: when this one ends without having stopped it, as after `kill -9` or an interrupted
 * soak, it ends whatever this one had started. Safe to stop twice.
 */
export function leaveNothingBehind(): { stop(): Promise<void> } {
  const program = resolve(import.meta.dirname, "end-orphans.ts");
  const child = spawn(process.execPath, [program, String(process.pid)], {
    stdio: ["pipe", "ignore", "inherit"],
    // Ctrl-C in a terminal is for this process, not for the one that cleans up after it.
    detached: true,
  });
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  return {
    async stop() {
      if (child.stdin.writable) child.stdin.end("stop");
      await ended;
    },
  };
}
