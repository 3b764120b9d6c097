import { type Client, createClient } from "@loramill/sdk";
import type { CommandContext } from "./commands/context.ts";
import { type LocalMill, openLocalMill } from "./mill-process.ts";

/** A client, and what stands behind it: a mill of this machine, or null for an API elsewhere. */
export interface Connection {
  readonly client: Client;
  readonly mill: LocalMill | null;
}

/** Everything the client does ends when Ctrl-C ends the command. */
export async function connect({ config, interrupts }: CommandContext): Promise<Connection> {
  const { signal } = interrupts;
  if (config.url) {
    const key = config.apiKey ? { apiKey: config.apiKey } : {};
    return { client: createClient({ url: config.url, ...key, signal }), mill: null };
  }
  const mill = await openLocalMill({ ...config, signal });
  const client = createClient({ url: mill.url, apiKey: mill.apiKey, signal, onLost: mill.checkAlive });
  return { client, mill };
}

/** Runs `work` with a connection and ends a mill that was started for it. */
export async function withConnection<T>(
  context: CommandContext,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connect(context);
  try {
    return await work(connection);
  } finally {
    await connection.mill?.stop();
  }
}
