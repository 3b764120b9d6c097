import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Catalog, openCatalog } from "@loramill/catalog";
import type { Stores } from "@loramill/contracts";
import { startEmbeddedPostgres } from "@loramill/embedded";
import { encodeImage } from "@loramill/imaging";
import { type Client, createClient } from "@loramill/sdk";
import { openStores } from "@loramill/storage";
import {
  type FakeVisionServer,
  freePort,
  startFakeVisionServer,
  type TestRedis,
  writePlantedFolder,
} from "@loramill/testkit";
import { type Fleet, type Role, startFleet } from "../fleet.ts";
import { recordHistory } from "../history/record-history.ts";
import { makeDataDir, queueEnv } from "../mill.ts";
import { PRICE } from "./check-captions.ts";
import { PICTURES } from "./run-specs.ts";

export const millRoles: readonly Role[] = [
  { app: "captioner", ready: "taking jobs", processes: 2, lifeMs: [300, 15_000] },
  { app: "curator", ready: "taking jobs", processes: 1, lifeMs: [300, 15_000] },
  { app: "trainer", ready: "taking jobs", processes: 2, lifeMs: [300, 20_000] },
  { app: "generator", ready: "taking jobs", processes: 1, lifeMs: [300, 20_000] },
  { app: "evaluator", ready: "taking jobs", processes: 1, lifeMs: [300, 15_000] },
  // One leads, and the other stands by.
  { app: "dispatcher", ready: "this dispatcher", processes: 2, lifeMs: [2_000, 20_000] },
  { app: "api", ready: "listening", processes: 1, lifeMs: [2_000, 30_000] },
];

export interface MillWorld {
  readonly client: Client;
  readonly catalog: Catalog;
  readonly stores: Stores;
  readonly endpoint: FakeVisionServer;
  readonly processes: Fleet;
  /** Folders of different pictures: some runs find their pictures prepared, others do not. */
  readonly folders: readonly string[];
  close(): Promise<void>;
}

/**
 * Every app of a mill that rents nothing as processes of their own, with a captioner that is paid for and the embedded engine. The
 * queue is in Postgres where no Redis is given.
 */
export async function startMillWorld(options: {
  readonly kills: number;
  readonly seed: number;
  readonly redis: TestRedis | null;
}): Promise<MillWorld> {
  const data = makeDataDir();
  const at = (name: string) => join(data.path, name);
  const folders = await drawFolders(data.path);
  const endpoint = await startFakeVisionServer({ answerMs: 5 });
  const postgres = await startEmbeddedPostgres({ dataDir: at("postgres") });
  const catalog = openCatalog({ connection: postgres.connectionString, poolSize: 3, clock, log: quiet });
  await catalog.migrate();
  await recordHistory(catalog);
  const stores = await openStores({ url: at("objects") });
  const port = await freePort();
  const processes = startFleet({
    roles: millRoles,
    kills: options.kills,
    seed: options.seed,
    env: {
      ...{ DATABASE_URL: postgres.connectionString, DATABASE_POOL_SIZE: "4", DATA_DIR: at("data") },
      ...{ STORAGE_URL: at("objects"), STORAGE_FSYNC: "never", POCKET_THREADS: "1" },
      ...{
        QUEUE_CONCURRENCY: "2",
        QUEUE_LOCK_SECONDS: "3",
        QUEUE_STALLED_SECONDS: "1",
        QUEUE_HEARTBEAT_SECONDS: "0.5",
      },
      ...{ DISPATCH_SILENT_SECONDS: "5", API_PORT: String(port), API_REQUESTS_PER_MINUTE: "1000000" },
      LLAVA_API_URL: endpoint.url,
      LLAVA_INPUT_USD_PER_MILLION_TOKENS: String(PRICE.in),
      LLAVA_OUTPUT_USD_PER_MILLION_TOKENS: String(PRICE.out),
      ...(options.redis === null ? {} : queueEnv(options.redis)),
    },
  });
  return {
    ...{ client: createClient({ url: `http://127.0.0.1:${port}` }), catalog, stores, endpoint, processes, folders },
    async close() {
      await processes.stop();
      await catalog.close();
      await stores.close();
      await endpoint.close();
      await postgres.stop();
      data.remove();
    },
  };
}

async function drawFolders(path: string): Promise<string[]> {
  const folders: string[] = [];
  for (let seed = 1; seed <= 3; seed += 1) {
    const folder = join(path, `pictures-${seed}`);
    mkdirSync(folder, { recursive: true });
    await writePlantedFolder(folder, {
      counts: { good: PICTURES, exact: 2, near: 0, blurred: 0, corrupt: 2, tiny: 0 },
      width: 160,
      height: 120,
      seed,
      encode: (image, quality) => encodeImage(image, "jpeg", { quality }),
    });
    folders.push(folder);
  }
  return folders;
}

const clock = { now: () => new Date() };
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
