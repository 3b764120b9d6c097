import { fileURLToPath } from "node:url";
import { type Logger, UserError } from "@loramill/contracts";
import pg from "pg";
import { drizzle, migrate, readMigrationFiles } from "./drizzle.ts";
import { unreachable } from "./unreachable.ts";

/** Any number that nobody else uses: "loramil" in hex. */
const MIGRATION_LOCK = "30522550217304428";
const FOLDER = fileURLToPath(new URL("../migrations", import.meta.url));

/** `idle_session_timeout`, by which a frozen leader loses its lead, came with this version. */
const OLDEST_POSTGRES = 14;

/**
 * Brings the schema `loramill` up to date. Processes that start together take turns under an advisory lock; the list of
 * applied migrations lies in the same schema, so that nothing outside it is touched. A catalog that a newer version has migrated is
 * warned of and used: migrations only add, and old processes work on while new ones come. Throws UserError `catalog-refused` or
 * `postgres-too-old`, TransientError `catalog-unreachable`.
 */
export async function migrateCatalog(settings: pg.ClientConfig, log: Logger): Promise<void> {
  const client = new pg.Client(settings);
  client.on("error", () => {}); // The query under way rejects with it.
  try {
    await client.connect();
  } catch (error) {
    throw unreachable(client, error);
  }
  try {
    const { rows } = await client.query<{ version: number }>(
      "select current_setting('server_version_num')::int as version",
    );
    const version = Math.floor((rows[0]?.version ?? 0) / 10_000);
    if (version < OLDEST_POSTGRES) {
      throw new UserError(
        `the catalog needs Postgres ${OLDEST_POSTGRES} or newer; this one is ${version}: upgrade it`,
        {
          code: "postgres-too-old",
        },
      );
    }
    await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
    await migrate(drizzle(client), { migrationsFolder: FOLDER, migrationsSchema: "loramill" });
    const newer = await countNewer(client);
    if (newer > 0) {
      log.warn(
        { migrations: newer },
        "the catalog is newer than this version: right while new processes take over, else go back as docs/operations/upgrades.md says",
      );
    }
  } finally {
    await client.end();
  }
}

/** How many migrations the catalog has that this version does not know: those made after its last. */
async function countNewer(client: pg.Client): Promise<number> {
  const last = readMigrationFiles({ migrationsFolder: FOLDER }).at(-1)?.folderMillis ?? 0;
  const { rows } = await client.query<{ newer: number }>(
    "select count(*)::int as newer from loramill.__drizzle_migrations where created_at > $1",
    [last],
  );
  return rows[0]?.newer ?? 0;
}
