import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { expect, it, onTestFinished, vi } from "vitest";
import { stopTrainer } from "./trainer-process.ts";

/** In a container without an init nobody buries what a dead trainer's helpers were. */
it.runIf(process.platform === "linux")(
  "takes a group for ended of which only the dead are left, that nobody buries",
  async () => {
    // What `sleep` inherits from the shell it never buries: a child that was a group of its own and has ended.
    const careless = spawn("sh", ["-c", "setsid sh -c 'echo $$' & exec sleep 600"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(async () => {
      const ended = once(careless, "exit");
      careless.kill("SIGKILL");
      await ended;
    });
    const pid = Number((await createInterface({ input: careless.stdout })[Symbol.asyncIterator]().next()).value);
    const isUnburied = async () => (await readFile(`/proc/${pid}/stat`, "utf8")).includes(") Z ");
    await vi.waitUntil(isUnburied, { timeout: 60_000 });
    await stopTrainer({ pid, identity: "", startedMs: 0 }, 100);
    expect(await isUnburied()).toBe(true);
  },
  120_000,
);
