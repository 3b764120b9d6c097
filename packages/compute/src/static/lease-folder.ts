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
  /** Those that last: one for each server that is given out. */
  held(): Promise<readonly ServerLease[]>;
  /** Those that ended since, by the day, so that some may have ended up to a day before. */
  ended(since: Date): Promise<readonly ServerLease[]>;
  /** By its id, without reading the others; null where there is none, or where it ended more than `KEPT_DAYS` ago. */
  find(remoteId: string): Promise<ServerLease | null>;
  /** False when the server is given out already, also by another process. */
  take(lease: ServerLease): Promise<boolean>;
  /** False when there is no such lease. */
  giveBack(remoteId: string, at: Date): Promise<boolean>;
}

/** For so long an ended lease is kept for what it cost. */
const KEPT_DAYS = 90;
const DAY_MS = 86_400_000;
/** Ids come from outside, and become names of files. */
const ID = /^[\w-]{1,128}$/;

const dayOf = (at: Date): string => at.toISOString().slice(0, 10);

/**
 * Leases as files: `held/SERVER.json` while one lasts, written only where there is none, and `ended/DAY/ID.json` by the day of its end,
 * so that looking at one, or at the last days, does not read all that ever were. They outlive every process.
 */
export function openLeaseFolder(folder: string): LeaseFolder {
  const heldPlace = join(folder, "held");
  const endedPlace = join(folder, "ended");

  async function read(path: string): Promise<ServerLease | null> {
    try {
      return ServerLease.parse(JSON.parse(await readFile(path, "utf8")));
    } catch (error) {
      // It was given back between the listing and now.
      if (codeOf(error) === "ENOENT") return null;
      throw error;
    }
  }

  async function namesIn(place: string): Promise<string[]> {
    try {
      return await readdir(place);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return [];
      throw error;
    }
  }

  async function leasesIn(place: string): Promise<ServerLease[]> {
    const names = (await namesIn(place)).filter((name) => name.endsWith(".json"));
    const leases = await Promise.all(names.map((name) => read(join(place, name))));
    return leases.filter((lease) => lease !== null);
  }

  const held = () => leasesIn(heldPlace);

  /** Newest first. Leases of earlier versions lie beside the days, and are put into theirs. */
  async function days(): Promise<string[]> {
    const names = await namesIn(endedPlace);
    for (const name of names.filter((one) => one.endsWith(".json"))) {
      const lease = await read(join(endedPlace, name));
      if (lease !== null) await file(name, dayOf(lease.to ?? lease.from));
    }
    const found = names.some((one) => one.endsWith(".json")) ? await namesIn(endedPlace) : names;
    return found.filter((name) => /^\d{4}-\d\d-\d\d$/.test(name)).sort((a, b) => (a < b ? 1 : -1));
  }

  async function file(name: string, day: string): Promise<void> {
    await mkdir(join(endedPlace, day), { recursive: true });
    try {
      await rename(join(endedPlace, name), join(endedPlace, day, name.replace(/\.new$/, ".json")));
    } catch (error) {
      // Another process has put it there.
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }

  async function findEnded(remoteId: string): Promise<ServerLease | null> {
    if (!ID.test(remoteId)) return null;
    for (const day of await days()) {
      const lease = await read(join(endedPlace, day, `${remoteId}.json`));
      if (lease !== null) return lease;
    }
    return null;
  }

  const heldBy = async (remoteId: string) => (await held()).find((one) => one.remoteId === remoteId) ?? null;

  return {
    held,
    async ended(since) {
      const within = (await days()).filter((day) => day >= dayOf(since));
      return (await Promise.all(within.map((day) => leasesIn(join(endedPlace, day))))).flat();
    },
    find: async (remoteId) => (await heldBy(remoteId)) ?? findEnded(remoteId),
    async take(lease) {
      await mkdir(heldPlace, { recursive: true });
      const written = join(heldPlace, `${randomUUID()}.new`);
      await writeFile(written, JSON.stringify(lease));
      try {
        // A link is there whole or not at all, and never in place of another.
        await link(written, join(heldPlace, `${lease.server}.json`));
        return true;
      } catch (error) {
        if (codeOf(error) === "EEXIST") return false;
        throw error;
      } finally {
        await rm(written, { force: true });
      }
    },
    async giveBack(remoteId, at) {
      const lease = await heldBy(remoteId);
      if (lease === null) return false;
      // Its end first: a crash in between leaves it held, and it is given back again, with the end that it had.
      if ((await findEnded(remoteId)) === null) {
        await mkdir(endedPlace, { recursive: true });
        await writeFile(join(endedPlace, `${remoteId}.new`), JSON.stringify({ ...lease, to: at }));
        await file(`${remoteId}.new`, dayOf(at));
      }
      await rm(join(heldPlace, `${lease.server}.json`), { force: true });
      const oldest = dayOf(new Date(at.getTime() - KEPT_DAYS * DAY_MS));
      for (const day of (await days()).filter((one) => one < oldest)) {
        await rm(join(endedPlace, day), { recursive: true, force: true });
      }
      return true;
    },
  };
}

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);
