import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Client, createClient } from "@loramill/sdk";
import type { S3Server } from "@loramill/testkit";
import { processEnv } from "./process-env.ts";

const MAIN = resolve(import.meta.dirname, "../../apps/mill/src/main.ts");

/** Some seconds on a machine that has time for it. */
const START_TIMEOUT_MS = 180_000;

export interface MillProcess {
  readonly client: Client;
  readonly pid: number;
  readonly dataDir: string;
  /** kill -9, as a crash would; resolves when the process is gone. */
  crash(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  output(): string;
}

/** A fresh folder for data, removed by `remove`. Open to the user a root's Postgres runs as: its database lies there, too. */
export function makeDataDir(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "loramill-e2e-"));
  chmodSync(path, 0o755);
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** What points a mill at a Redis, which may be shared with other tests: each gets keys of its own. */
export function queueEnv(redis: { readonly url: string }): Record<string, string> {
  return { QUEUE_URL: redis.url, QUEUE_PREFIX: `e2e-${randomUUID()}` };
}

/** What points a mill at the S3 test server. */
export function storageEnv(server: S3Server): Record<string, string> {
  return {
    STORAGE_URL: `s3://${server.bucket}/e2e`,
    S3_ENDPOINT: server.endpoint,
    S3_REGION: server.region,
    S3_ACCESS_KEY_ID: server.credentials.accessKeyId,
    S3_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
  };
}

/** Starts a mill as a process of its own and waits until its API answers. */
export async function startMill(options: {
  dataDir: string;
  env?: Readonly<Record<string, string>>;
  name?: string;
}): Promise<MillProcess> {
  const { dataDir, env = {} } = options;
  const child: ChildProcess = spawn(process.execPath, [MAIN], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...processEnv(),
      DATA_DIR: dataDir,
      API_PORT: "0",
      LOG_LEVEL: "info",
      // Only the tests of the Studio have it built.
      API_STUDIO_DIR: "off",
      ...env,
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-200_000);
    });
  }
  const exited = new Promise<number | null>((done) => child.once("exit", (code) => done(code)));
  let gone = false;
  exited.then(() => {
    gone = true;
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    if (gone) throw new Error(`the mill ended while starting:\n${output}`);
    if (Date.now() > deadline) {
      child.kill("SIGKILL");
      await exited;
      throw new Error(`the mill did not answer in ${START_TIMEOUT_MS / 1_000} s:\n${output}`);
    }
    const file = readMillFile(dataDir);
    if (file && file.pid === child.pid && (await answers(file.url))) {
      return {
        client: createClient({ url: file.url, apiKey: file.token }),
        pid: file.pid,
        dataDir,
        output: () => output,
        async crash() {
          child.kill("SIGKILL");
          await exited;
        },
        async stop() {
          child.kill("SIGTERM");
          return exited;
        },
      };
    }
    await wait(50);
  }
}

function readMillFile(dataDir: string): { url: string; pid: number; token: string } | null {
  try {
    return JSON.parse(readFileSync(join(dataDir, "mill.json"), "utf8"));
  } catch {
    return null;
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/livez`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}
