import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";

/** Any number that nobody else uses: "loramil" in hex. */
const MIGRATION_LOCK = "30522550217304428";
const FOLDER = fileURLToPath(new URL("../migrations", import.meta.url));

/**
 * Brings the schema `loramill` up to date. Processes that start together take turns under an advisory lock; the list of
 * applied migrations lies in the same schema, so that nothing outside it is touched.
 */
export async function migrateCatalog(settings: pg.ClientConfig): Promise<void> {
  const client = new pg.Client(settings);
  await client.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
    await migrate(drizzle(client), { migrationsFolder: FOLDER, migrationsSchema: "loramill" });
  } finally {
    await client.end();
  }
}
