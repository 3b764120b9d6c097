import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { sha256Hex } from "@loramill/contracts";
import { startEmbeddedPostgres } from "@loramill/embedded";
import { encodeImage } from "@loramill/imaging";
import { createClient } from "@loramill/sdk";
import { drawPicture, freePort, startS3Server } from "@loramill/testkit";
import { afterAll, expect, test } from "vitest";
import { type ComposeService, readCompose } from "../../scripts/deployment/compose-file.ts";
import { SERVICE_APPS } from "../../scripts/deployment/service-apps.ts";
import { makeDataDir } from "../support/mill.ts";
import { processEnv } from "../support/process-env.ts";
import { eventually, finished } from "../support/runs.ts";

const root = join(import.meta.dirname, "../..");
const data = makeDataDir();
const processes: Started[] = [];
const servers: { stop(): Promise<void> }[] = [];

afterAll(async () => {
  for (const started of processes) started.child.kill("SIGKILL");
  await Promise.all(processes.map(({ exited }) => exited));
  for (const server of servers.reverse()) await server.stop();
  data.remove();
});

const secrets = {
  POSTGRES_PASSWORD: "postgres-of-a-test",
  REDIS_PASSWORD: "redis-of-a-test",
  S3_ACCESS_KEY_ID: "access-of-a-test",
  S3_SECRET_ACCESS_KEY: "secret-of-a-test",
  API_ADMIN_TOKEN: "admin-token-of-a-test-run",
  FLEET_AGENT_SECRET: "fleet-secret-of-a-test-run",
};

test("the compose file's commands and variables make a mill, with nothing but addresses replaced", async ({ skip }) => {
  if (!isOnPath("redis-server")) {
    console.warn("SKIPPED: no redis-server on the PATH: the processes of infra/compose.yaml were not started");
    return skip("no redis-server");
  }
  const { services } = readCompose(secrets);
  const [redisPort, apiPort] = [await freePort(), await freePort()];
  const redis = service(services, "redis");
  const [, ...redisFlags] = redis.command ?? [];
  const redisDir = join(data.path, "redis");
  mkdirSync(redisDir);
  const here = ["--port", String(redisPort), "--bind", "127.0.0.1", "--dir", redisDir];
  start("redis", "redis-server", [...redisFlags, ...here], {});
  const postgres = await startEmbeddedPostgres({ dataDir: join(data.path, "postgres") });
  servers.push(postgres);
  const s3 = await startS3Server({
    bucket: "loramill",
    credentials: { accessKeyId: secrets.S3_ACCESS_KEY_ID, secretAccessKey: secrets.S3_SECRET_ACCESS_KEY },
  });
  servers.push(s3);

  const addresses = async (): Promise<Record<string, [asked: string, here: string]>> => ({
    DATABASE_URL: ["postgres://loramill:postgres-of-a-test@postgres:5432/loramill", postgres.connectionString],
    QUEUE_URL: ["redis://:redis-of-a-test@redis:6379", `redis://:redis-of-a-test@127.0.0.1:${redisPort}`],
    S3_ENDPOINT: ["http://s3:8333", s3.endpoint],
    API_PORT: ["7860", String(apiPort)],
    METRICS_PORT: ["9464", String(await freePort())],
    DATA_DIR: ["/tmp/loramill", join(data.path, "data")],
    STORAGE_SPOOL_DIR: ["/scratch/spool", join(data.path, "spool")],
    MODEL_FOLDER: ["/scratch/models", join(data.path, "models")],
  });
  const launch = async (name: string): Promise<Started> => {
    const { command: [, ...args] = [], environment } = service(services, name);
    const changes = Object.entries(await addresses()).filter(([variable]) => variable in environment);
    for (const [variable, [asked]] of changes) expect(environment[variable], variable).toBe(asked);
    const replaced = Object.fromEntries(changes.map(([variable, [, address]]) => [variable, address]));
    return start(name, process.execPath, args, { ...environment, ...replaced });
  };

  const migration = await launch("migrate");
  expect(await migration.exited, migration.output()).toBe(0);
  const apps: Started[] = [];
  for (const name of SERVICE_APPS) apps.push(await launch(name));
  for (const app of apps) {
    const { test: [, , ...check] = [] } = service(services, app.name).healthcheck ?? {};
    await eventually(
      `${app.name} is healthy, by the check of the compose file; it said ${app.output()}`,
      () => run(process.execPath, check, app.env),
      (code) => code === 0 || app.child.exitCode !== null,
    );
    expect(app.child.exitCode, app.output()).toBeNull();
  }

  const url = `http://127.0.0.1:${apiPort}`;
  await expect(createClient({ url }).getRun("run_1")).rejects.toThrow("an API key is required");
  const client = createClient({ url, apiKey: secrets.API_ADMIN_TOKEN });
  const pictures = await Promise.all(
    [1, 2, 3, 4].map((seed) => encodeImage(drawPicture(seed, { width: 160, height: 120 }), "png")),
  );
  const { listing } = await client.upload(
    pictures.map((bytes, n) => ({
      path: `${n}.png`,
      sha256: sha256Hex(bytes),
      body: new Blob([new Uint8Array(bytes)]),
    })),
  );
  const { id } = await client.createRun({
    name: "tiny",
    dataset: { sources: [{ type: "upload", listing }], prepare: { resolution: 64 } },
    caption: { triggerWord: "zorb", className: "creature" },
    train: { recipe: { steps: 4, batchSize: 2, rank: 2, seed: 7 } },
    generate: { prompts: ["a photo of zorb"], seeds: [1], strengths: [1], steps: 2 },
  });
  const ended = await finished(client, id);
  const said = apps.map(({ name, output }) => `${name}: ${output().slice(-1_000)}`).join("\n");
  expect(ended.state, JSON.stringify(ended.steps) + said).toBe("succeeded");
  expect(s3.contents().keys.length).toBeGreaterThan(pictures.length);

  const dispatcher = apps.find(({ name }) => name === "dispatcher");
  const metrics = await (await fetch(`http://127.0.0.1:${dispatcher?.env.METRICS_PORT}/metrics`)).text();
  expect(metrics).toMatch(/^loramill_dispatcher_leads 1$/m);
  expect(metrics).toMatch(/^loramill_run_events_total\{type="run\.succeed"\} 1$/m);

  for (const app of apps) app.child.kill("SIGTERM");
  expect(await Promise.all(apps.map(({ exited }) => exited))).toEqual(apps.map(() => 0));
});

interface Started {
  readonly name: string;
  readonly child: ChildProcess;
  readonly env: Readonly<Record<string, string>>;
  readonly exited: Promise<number | null>;
  output(): string;
}

function start(name: string, program: string, args: readonly string[], env: Record<string, string>): Started {
  const child = spawn(program, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...processEnv(), ...env },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-5_000);
    });
  }
  const exited = new Promise<number | null>((done) => child.once("exit", done));
  const started = { name, child, env, exited, output: () => output };
  processes.push(started);
  return started;
}

/** Runs a program to its end; answers its exit code. */
function run(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<number | null> {
  const child = spawn(program, args, { cwd: root, stdio: "ignore", env: { ...processEnv(), ...env } });
  return new Promise((done) => child.once("exit", done));
}

function service(services: Readonly<Record<string, ComposeService>>, name: string): ComposeService {
  const found = services[name];
  if (found === undefined) throw new Error(`infra/compose.yaml has no service ${name}`);
  return found;
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
