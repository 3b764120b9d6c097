import { randomBytes } from "node:crypto";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { processFacts } from "./process-table.ts";

/** `user`: a process that relies on the server. `closing`: one that is about to stop it. */
type Role = "user" | "closing";

const folderOf = (home: string): string => join(home, "users");

/** Announces this process in a role, as an empty file whose name says who it is; returns its path. */
async function announce(home: string, role: Role): Promise<string> {
  await mkdir(folderOf(home), { recursive: true });
  const { startedAt } = await processFacts(process.pid);
  const path = join(folderOf(home), `${role}-${process.pid}-${startedAt}-${randomBytes(4).toString("hex")}`);
  await writeFile(path, "", { flag: "wx" });
  return path;
}

/** Processes announced in a role that still live. Announcements of dead ones are removed. */
async function announced(home: string, role: Role): Promise<string[]> {
  const living: string[] = [];
  for (const name of await readdir(folderOf(home))) {
    const [kind, pid, startedAt] = name.split("-");
    if (kind !== role) continue;
    const facts = await processFacts(Number(pid));
    if (facts.alive && facts.startedAt === startedAt) living.push(name);
    else await rm(join(folderOf(home), name), { force: true });
  }
  return living;
}

/**
 * Joins the users of a server. Returns after nobody is about to stop it. Joining writes first and looks for closers
 * second; leaving writes first and looks for users second: so of two at the same time, at least one sees the other.
 */
export async function enter(home: string, deadline: number): Promise<string> {
  const membership = await announce(home, "user");
  while ((await announced(home, "closing")).length > 0 && Date.now() < deadline) await delay(20);
  return membership;
}

/** Leaves; calls `stop` if nobody else uses the server. Returns whether it did. */
export async function leave(home: string, membership: string, stop: () => Promise<void>): Promise<boolean> {
  await rm(membership, { force: true });
  if ((await announced(home, "user")).length > 0) return false;
  const closing = await announce(home, "closing");
  try {
    if ((await announced(home, "user")).length > 0) return false;
    await stop();
    return true;
  } finally {
    await rm(closing, { force: true });
  }
}
