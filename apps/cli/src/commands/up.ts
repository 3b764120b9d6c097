import { spawn } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { UserError } from "@loramill/contracts";
import { exitCodes } from "../exit-codes.ts";
import { findMill, MILL_MAIN } from "../mill-process.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

const LOOK_MS = 100;
const STDERR = 2;

/**
 * Runs the mill in the foreground until a signal. Says on standard output where it is; the mill's log goes to standard
 * error.
 */
export async function upCommand(context: CommandContext): Promise<number> {
  const { dataDir, env } = context.config;
  const running = await findMill(dataDir);
  if (running) {
    throw new UserError(
      `a mill of ${dataDir} runs already, at ${running.url} (process ${running.pid}); end it first, or set another DATA_DIR`,
      { code: "already-running" },
    );
  }
  // A group of its own: Ctrl-C reaches it once, from here. Twice would mean "at once", without closing in order.
  const child = spawn(process.execPath, [MILL_MAIN], {
    detached: true,
    stdio: ["ignore", STDERR, STDERR],
    env: { ...env, DATA_DIR: dataDir },
  });
  const end = () => child.kill("SIGTERM");
  const giveBack = context.interrupts.take(end);
  process.on("SIGHUP", end);
  const over = new AbortController();
  const exited = new Promise<number | null>((done, fail) => {
    child.once("exit", done);
    child.once("error", fail);
  }).finally(() => over.abort());
  try {
    await Promise.all([exited, sayWhere(child.pid, over.signal, context)]);
    return (await exited) ?? exitCodes.failed;
  } finally {
    process.off("SIGHUP", end);
    giveBack();
  }
}

/** Says where the mill is as soon as it answers. */
async function sayWhere(pid: number | undefined, signal: AbortSignal, context: CommandContext): Promise<void> {
  const { dataDir } = context.config;
  while (!signal.aborted) {
    const mill = await findMill(dataDir);
    if (mill && mill.pid === pid) {
      if (context.json) printJson(context, { url: mill.url, pid: mill.pid, dataDir });
      else {
        const pages = context.config.env.API_STUDIO_DIR === "off" ? "" : " (open it in a browser)";
        printLine(context, `\nLoramill is at ${mill.url}${pages}, its data in ${dataDir}.`);
        printLine(context, "Ctrl-C ends it. In another terminal: `loramill run FOLDER`, `loramill doctor`.\n");
      }
      return;
    }
    await wait(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}
