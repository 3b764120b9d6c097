import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Client, createClient } from "@loramill/sdk";

const MAIN = fileURLToPath(new URL("../../apps/api/src/main.ts", import.meta.url));
const START_WITHIN_MS = 90_000;

export interface ApiProcess {
  readonly client: Client;
  stop(): Promise<void>;
}

/** The API as a process of its own, on a database that is there and an object store in a folder. */
export async function startApiProcess(options: { databaseUrl: string; dataDir: string }): Promise<ApiProcess> {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [MAIN], {
    stdio: ["ignore", "inherit", "pipe"],
    env: {
      ...{ PATH, HOME, DATABASE_URL: options.databaseUrl, DATA_DIR: options.dataDir },
      ...{ API_PORT: "0", API_STUDIO_DIR: "off", API_REQUESTS_PER_MINUTE: "1000000", LOG_LEVEL: "info" },
    },
  });
  const ended = once(child, "exit");
  let output = "";
  const url = new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-20_000);
      const [, found] = output.match(/"url":"(http:[^"]+)"/) ?? [];
      if (found !== undefined) resolve(found);
    });
    ended.then(() => reject(new Error(`the API ended while it started:\n${output}`)), reject);
    AbortSignal.timeout(START_WITHIN_MS).addEventListener("abort", () => reject(new Error(`no API:\n${output}`)));
  });
  const stop = async () => {
    if (child.exitCode === null) child.kill("SIGTERM");
    await ended;
  };
  try {
    return { client: createClient({ url: await url }), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
