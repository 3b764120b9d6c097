import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Catalog, openCatalog } from "@loramill/catalog";
import type { RunSpecInput, Stores } from "@loramill/contracts";
import { startEmbeddedPostgres } from "@loramill/embedded";
import { type Client, createClient } from "@loramill/sdk";
import { openStores } from "@loramill/storage";
import {
  freePort,
  installScriptedTrainer,
  type RunPodProcess,
  type ScriptedTrainer,
  startRedis,
  startRunPodProcess,
  startS3Server,
} from "@loramill/testkit";
import { expect } from "vitest";
import { drawCaptionedPictures } from "./draw-pictures.ts";
import { type Fleet, type Role, startFleet } from "./fleet.ts";
import { recordHistory } from "./history/record-history.ts";
import { makeDataDir, queueEnv, storageEnv } from "./mill.ts";
import { eventually, finished } from "./runs.ts";

const AGENT = resolve(import.meta.dirname, "../../apps/pod-agent/test/run-agent.ts");

/** Steps of a training between two checkpoints, and in all. */
export const SAVE_EVERY_STEPS = 20;
export const STEPS = 100;

export interface MachineMill {
  readonly client: Client;
  readonly catalog: Catalog;
  readonly runpod: RunPodProcess;
  readonly trainer: ScriptedTrainer;
  /** What all of them store in. */
  readonly stores: Stores;
  readonly processes: Fleet;
  /** What is trained; runs of different seeds share their pictures and nothing else. */
  spec(seed: number): RunSpecInput;
  close(): Promise<void>;
}

/**
 * Every app of a mill that rents machines as processes of their own, on Redis, S3 and Postgres, and a fake RunPod whose pods are real
 * pod-agents. Null where there is no Redis.
 */
export async function startMachineMill(options: {
  readonly roles: readonly Role[];
  readonly kills: number;
  readonly seed: number;
  readonly stepMs: number;
  /** Whether there are spot machines too, cheaper than the others. */
  readonly hasSpot?: boolean;
  /** Of the requests to RunPod, how many come to grief, 0 to 1. */
  readonly troubleShare?: number;
  readonly env?: Readonly<Record<string, string>>;
}): Promise<MachineMill | null> {
  const { hasSpot = false, troubleShare = 0 } = options;
  // What is started is stopped with it, the latest first, also where something after it cannot be started.
  await using started = new AsyncDisposableStack();
  const redis = await startRedis({ aof: true });
  if (redis === null) return null;
  const data = makeDataDir();
  started.defer(() => data.remove());
  started.defer(() => redis.stop());
  const at = (name: string) => join(data.path, name);
  mkdirSync(at("disks"));
  await drawCaptionedPictures(at("pictures"));
  const s3 = await startS3Server();
  started.defer(() => s3.stop());
  const { endpoint, credentials, bucket } = s3;
  const stores = await openStores({ url: `s3://${bucket}/e2e`, s3: { endpoint, credentials, forcePathStyle: true } });
  started.defer(() => stores.close());
  const trainer = await installScriptedTrainer(at("trainer"), { stepMs: options.stepMs });
  const runpod = await startRunPodProcess({
    ...{ apiKey: "rpa_0123456789abcdef0123", folder: at("disks"), agent: AGENT, trainer: trainer.installed },
    ...(troubleShare === 0 ? {} : { troubles: { seed: options.seed, share: troubleShare } }),
    gpus: [
      {
        ...{
          id: "NVIDIA GeForce RTX 4090",
          memory: 24,
          usd: { secure: 0.69, community: 0.34, spot: hasSpot ? 0.2 : 0 },
        },
        dataCenters: [{ id: "US-KS-2", availability: "HIGH" }],
      },
    ],
  });
  started.defer(() => runpod.stop());
  const postgres = await startEmbeddedPostgres({ dataDir: at("postgres") });
  started.defer(() => postgres.stop());
  const catalog = openCatalog({ connection: postgres.connectionString, poolSize: 3, clock, log: quiet });
  started.defer(() => catalog.close());
  await catalog.migrate();
  await recordHistory(catalog);
  const port = await freePort();
  const processes = startFleet({
    roles: options.roles,
    kills: options.kills,
    seed: options.seed,
    env: {
      ...{ DATABASE_URL: postgres.connectionString, DATABASE_POOL_SIZE: "4", DATA_DIR: at("data") },
      ...storageEnv(s3),
      ...queueEnv(redis),
      ...{ QUEUE_LOCK_SECONDS: "3", QUEUE_STALLED_SECONDS: "1", QUEUE_HEARTBEAT_SECONDS: "0.5" },
      ...{ DISPATCH_SILENT_SECONDS: "5", API_PORT: String(port) },
      ...{ AGENT_POLL_SECONDS: "1", AGENT_LEASE_SECONDS: "30" },
      RUNPOD_SPOT: String(hasSpot),
      ...{ FLEET_PROVIDERS: "runpod", FLEET_AGENT_SECRET: "a secret that nobody may see", FLEET_NAME_PREFIX: "lm-" },
      FLEET_IMAGE: "registry.example/agent:1",
      ...{ FLEET_PLAN_SECONDS: "1", FLEET_IDLE_SECONDS: "3", FLEET_POLL_SECONDS: "0.5", FLEET_SURVEY_SECONDS: "2" },
      ...{ FLEET_SILENT_SECONDS: "5", FLEET_SETTLE_SECONDS: "5", FLEET_BOOKS_SECONDS: "5", FLEET_CLOSE_SECONDS: "600" },
      // A machine that is killed while it boots is never heard of; one that boots here answers within seconds.
      FLEET_ANSWER_SECONDS: "20",
      // A hundredth of an hour is what the fake's books take.
      RUNPOD_BILLING_LAG_HOURS: "0.001",
      ...runpod.env,
      ...options.env,
    },
  });
  started.defer(async () => {
    await processes.stop();
  });
  const all = started.move();
  return {
    ...{ client: createClient({ url: `http://127.0.0.1:${port}` }), catalog, runpod, trainer, processes },
    stores,
    spec: (seed) => ({
      name: `sdxl-${seed}`,
      dataset: { name: "drawings", sources: [{ type: "folder", path: at("pictures") }] },
      train: {
        ...{ preset: "sdxl", backend: "agent", mode: "cloud", compute: { gpu_type: "RTX4090" } },
        recipe: { steps: STEPS, saveEverySteps: SAVE_EVERY_STEPS, resolution: 512, rank: 4, seed },
      },
    }),
    close: () => all.disposeAsync(),
  };
}

/**
 * Every machine that was ever rented ends, its run succeeds, and the ledger has of each what the provider billed, to the
 * micro-dollar. Answers the sum.
 */
export async function expectBalance({ client, catalog, runpod }: MachineMill): Promise<number> {
  await eventually(
    "all machines are given back, and their accounts closed",
    () => catalog.fleet.pods({ living: true }),
    (living) => living.length === 0,
    180_000,
  );
  for (const { run } of await catalog.fleet.pods()) expect((await finished(client, run)).state).toBe("succeeded");
  const { pods, refused } = await runpod.account();
  expect(refused).toEqual([]);
  const { rows } = await catalog.pool.query<{ name: string; state: string; remoteId: string | null; charged: string }>(
    `select p.name, p.state, p.remote_id as "remoteId",
       coalesce((select sum(amount_micro_usd) from loramill.ledger where pod = p.name), 0) as charged
     from loramill.pods p`,
  );
  expect(rows.filter(({ state }) => state !== "ended")).toEqual([]);
  expect(pods.filter(({ isListed }) => isListed)).toEqual([]);
  // One name, one machine.
  expect(new Set(pods.map(({ name }) => name)).size).toBe(pods.length);
  const charged = Object.fromEntries(
    rows.filter(({ remoteId }) => remoteId !== null).map(({ name, charged: sum }) => [name, Number(sum)]),
  );
  expect(charged).toEqual(Object.fromEntries(pods.map(({ name, billMicroUsd }) => [name, billMicroUsd])));
  return pods.reduce((sum, { billMicroUsd }) => sum + billMicroUsd, 0);
}

const clock = { now: () => new Date() };
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
