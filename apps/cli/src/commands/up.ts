import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { exitCodes } from "../exit-codes.ts";
import type { CommandContext } from "./context.ts";

const MILL_MAIN = fileURLToPath(new URL("../../../mill/src/main.ts", import.meta.url));

/** Runs the mill in the foreground until a signal; its output is this process's output. */
export async function upCommand(context: CommandContext): Promise<number> {
  const child = spawn(process.execPath, [MILL_MAIN], {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...context.config.env, DATA_DIR: context.config.dataDir },
  });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  process.on("SIGINT", () => {});
  process.on("SIGTERM", forward);
  const code = await new Promise<number | null>((done, fail) => {
    child.once("exit", done);
    child.once("error", fail);
  });
  process.off("SIGTERM", forward);
  return code ?? exitCodes.failed;
}
