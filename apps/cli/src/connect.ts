import { type Client, createClient } from "@loramill/sdk";
import type { CliConfig } from "./config.ts";
import { type LocalMill, openLocalMill } from "./mill-process.ts";

/** A client, and what stands behind it: a mill of this machine, or null for an API elsewhere. */
export interface Connection {
  readonly client: Client;
  readonly mill: LocalMill | null;
}

export async function connect(config: CliConfig): Promise<Connection> {
  if (config.url) {
    return {
      client: createClient({ url: config.url, ...(config.apiKey ? { apiKey: config.apiKey } : {}) }),
      mill: null,
    };
  }
  const mill = await openLocalMill(config);
  return { client: createClient({ url: mill.url, apiKey: mill.apiKey }), mill };
}

/** Runs `work` with a connection and ends a mill that was started for it. */
export async function withConnection<T>(config: CliConfig, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await connect(config);
  try {
    return await work(connection);
  } finally {
    await connection.mill?.stop();
  }
}
