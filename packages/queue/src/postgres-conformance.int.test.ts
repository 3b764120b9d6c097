import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "@loramill/embedded";
import { queueConformance, type ServerUnderTest } from "@loramill/testkit";
import pg from "pg";
import { openTrialQueue } from "../test/open-trial-queue.ts";

queueConformance({ backend: "postgres", startServer, open: openTrialQueue });

async function startServer(): Promise<ServerUnderTest> {
  const dataDir = await mkdtemp(join(tmpdir(), "loramill-queue-"));
  await chmod(dataDir, 0o755); // As root, the server's own user must be able to pass.
  let server = await startEmbeddedPostgres({ dataDir });
  const url = server.connectionString;
  return {
    url,
    faults: {
      kill: () => killWhole(url, server.pid),
      restart: async () => {
        await server.stop(); // Leaves the one that is gone: the next is stopped by the last that leaves it.
        server = await startEmbeddedPostgres({ dataDir });
      },
      flush: () => ask(url, "truncate bullmq.job cascade"),
    },
    stop: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/**
 * As when its machine goes: the server, and in the same moment each process that serves a connection. Those would notice that it is gone
 * in their own time, and may answer one more statement before.
 */
async function killWhole(url: string, server: number): Promise<void> {
  const client = new pg.Client(url);
  client.on("error", () => {}); // It is killed under it.
  await client.connect();
  // What stands still begins no more of them, and keeps the numbers of those that end.
  process.kill(server, "SIGSTOP");
  const { rows } = await client.query<{ pid: number }>("select pid from pg_stat_activity");
  for (const pid of [...rows.map(({ pid }) => pid), server]) process.kill(pid, "SIGKILL");
  await client.end();
}

async function ask(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
