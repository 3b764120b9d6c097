import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "@loramill/embedded";
import { queueConformance, type ServerUnderTest, waitUntil } from "@loramill/testkit";
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
      kill: async () => {
        process.kill(server.pid, "SIGKILL");
        await waitUntil("Postgres is gone", async () => !(await answers(url)));
      },
      restart: async () => {
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

async function ask(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url);
  client.on("error", () => {}); // The server may be killed under it.
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function answers(url: string): Promise<boolean> {
  return ask(url, "select 1").then(
    () => true,
    () => false,
  );
}
