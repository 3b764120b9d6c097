import { randomUUID } from "node:crypto";
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** An own server that is given out, or was. */
export const ServerLease = z.object({
  remoteId: z.string(),
  server: z.string(),
  name: z.string(),
  from: z.coerce.date(),
  to: z.coerce.date().nullable(),
});
export type ServerLease = z.output<typeof ServerLease>;

export interface LeaseFolder {
  list(): Promise<readonly ServerLease[]>;
  /** False when the server is given out already, also by another process. */
  take(lease: ServerLease): Promise<boolean>;
  /** False when there is no such lease. */
  giveBack(remoteId: string, at: Date): Promise<boolean>;
}

/**
 * Leases as files: `held/SERVER.json` while one lasts, written only where there is none, and `ended/ID.json` for ever, for what it
 * cost. They outlive every process.
 */
export function openLeaseFolder(folder: string): LeaseFolder {
  const held = join(folder, "held");
  const ended = join(folder, "ended");

  async function read(path: string): Promise<ServerLease | null> {
    try {
      return ServerLease.parse(JSON.parse(await readFile(path, "utf8")));
    } catch (error) {
      // It was given back between the listing and now.
      if (codeOf(error) === "ENOENT") return null;
      throw error;
    }
  }

  async function listOf(place: string): Promise<ServerLease[]> {
    await mkdir(place, { recursive: true });
    const names = (await readdir(place)).filter((name) => name.endsWith(".json"));
    const leases = await Promise.all(names.map((name) => read(join(place, name))));
    return leases.filter((lease) => lease !== null);
  }

  return {
    list: async () => [...(await listOf(held)), ...(await listOf(ended))],
    async take(lease) {
      await mkdir(held, { recursive: true });
      const written = join(held, `${randomUUID()}.new`);
      await writeFile(written, JSON.stringify(lease));
      try {
        // A link is there whole or not at all, and never in place of another.
        await link(written, join(held, `${lease.server}.json`));
        return true;
      } catch (error) {
        if (codeOf(error) === "EEXIST") return false;
        throw error;
      } finally {
        await rm(written, { force: true });
      }
    },
    async giveBack(remoteId, at) {
      const lease = (await listOf(held)).find((one) => one.remoteId === remoteId);
      if (lease === undefined) return false;
      await mkdir(ended, { recursive: true });
      const path = join(held, `${lease.server}.json`);
      // Its end first: a crash in between leaves it held, and it is given back again.
      await writeFile(join(ended, `${remoteId}.new`), JSON.stringify({ ...lease, to: at }));
      await rename(join(ended, `${remoteId}.new`), join(ended, `${remoteId}.json`));
      await rm(path, { force: true });
      return true;
    },
  };
}

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);
