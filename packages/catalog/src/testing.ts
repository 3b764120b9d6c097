import { randomUUID } from "node:crypto";
import type { Logger } from "@loramill/contracts";
import { startTestPostgres } from "@loramill/embedded/testing";
import pg from "pg";
import { type Catalog, type CatalogOptions, openCatalog } from "./catalog.ts";

export interface TestServer {
  /** A catalog in a fresh database of its own, with the schema. */
  open(options?: Partial<CatalogOptions> & { readonly log?: Logger }): Promise<Catalog & { readonly url: string }>;
  /** Another connection to an existing database, as another process would have. */
  openAgain(url: string, options?: Partial<CatalogOptions>): Catalog;
  /** Closes every catalog that was opened and stops the server. */
  stop(): Promise<void>;
}

const quiet: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A real Postgres for the tests of one file; each catalog gets its own database. */
export async function startTestServer(): Promise<TestServer> {
  const server = await startTestPostgres();
  const opened: Catalog[] = [];
  const urlOf = (database: string) => {
    const url = new URL(server.connectionString);
    url.pathname = `/${database}`;
    return url.toString();
  };
  const openAgain = (url: string, options: Partial<CatalogOptions> = {}) => {
    const catalog = openCatalog({ connection: url, clock: { now: () => new Date() }, log: quiet, ...options });
    opened.push(catalog);
    return catalog;
  };
  return {
    openAgain,
    async open(options) {
      const database = `t${randomUUID().replaceAll("-", "")}`;
      const admin = new pg.Client(server.connectionString);
      await admin.connect();
      await admin.query(`create database ${database}`);
      await admin.end();
      const url = urlOf(database);
      const catalog = openAgain(url, options);
      await catalog.migrate();
      return { ...catalog, url };
    },
    async stop() {
      await Promise.all(opened.map((catalog) => catalog.close()));
      await server.stop();
    },
  };
}
