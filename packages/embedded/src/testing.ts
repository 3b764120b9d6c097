import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from "./start.ts";

/** What a crash of the machine would cost is nothing that tests keep; a crash of the server costs them nothing all the same. */
const settings = { fsync: "off", full_page_writes: "off" };

/** A fresh server in a temporary folder, for tests. `stop()` removes the folder too. */
export async function startTestPostgres(
  options: Omit<EmbeddedPostgresOptions, "dataDir"> = {},
): Promise<EmbeddedPostgres> {
  const folder = await mkdtemp(join(tmpdir(), "loramill-test-"));
  await chmod(folder, 0o755); // as root, the server's user must be able to pass
  const server = await startEmbeddedPostgres({ settings, ...options, dataDir: folder });
  return {
    ...server,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
