import { join } from "node:path";
import { type Catalog, openCatalog } from "@loramill/catalog";
import type { Clock, Logger } from "@loramill/contracts";
import { startEmbeddedPostgres } from "@loramill/embedded";
import { openQueueConnection, type QueueConnection } from "@loramill/queue";
import { type OpenedStores, openStores } from "@loramill/storage";
import type { ConfigOf } from "../config/fragments.ts";
import type { Openings } from "../process/openings.ts";
import { freshInReplays } from "../services/fresh-memos.ts";
import type { servicesConfig } from "./services-config.ts";

export interface ServiceOptions {
  readonly config: ConfigOf<typeof servicesConfig>;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  /** Of the process: everything opened here is closed with it, in the opposite order. */
  readonly opened: Openings["add"];
}

/** What the parts of a mill share. */
export interface Services {
  readonly catalog: Catalog;
  readonly stores: OpenedStores;
  readonly queue: QueueConnection;
  /** Where the catalog is: with credentials, not for messages. */
  readonly connectionString: string;
  /** Whether this machine's embedded Postgres is used. */
  readonly embedded: boolean;
}

/** A worker of each queue holds a connection for good, and producers and workers need some more. */
const QUEUE_CONNECTIONS = 16;

/**
 * Opens what every process of a mill needs: the catalog (with the embedded Postgres of DATA_DIR when DATABASE_URL is not
 * set; processes that name the same folder share it), its schema brought up to date, the object store, and the queue
 * (in the catalog's Postgres when QUEUE_URL is not set).
 */
export async function openServices({ config, log, clock, random, opened }: ServiceOptions): Promise<Services> {
  const connectionString = config.catalog.connectionString ?? (await openEmbedded({ config, log, opened }));
  const catalog = opened(
    "catalog",
    openCatalog({ connection: connectionString, poolSize: config.catalog.poolSize, clock, log }),
    (open) => open.close(),
  );
  await catalog.migrate();
  const opening = opened("object store", await openStores(config.storage, { clock }), (open) => open.close());
  const stores = { ...opening, memos: freshInReplays(opening.memos) };
  const queue = opened(
    "queue connection",
    await openQueueConnection({
      url: config.queue.url ?? connectionString,
      prefix: config.queue.prefix,
      poolSize: QUEUE_CONNECTIONS,
      random,
    }),
    (open) => open.close(),
  );
  return { catalog, stores, queue, connectionString, embedded: config.catalog.connectionString === undefined };
}

async function openEmbedded({
  config,
  log,
  opened,
}: Pick<ServiceOptions, "config" | "log" | "opened">): Promise<string> {
  const postgres = await startEmbeddedPostgres({
    dataDir: join(config.data.dir, "postgres"),
    log: (message) => log.info({}, message),
  });
  return opened("embedded Postgres", postgres, (started) => started.stop()).connectionString;
}
