import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Text that tells this life of a process id from another one: what it was given when it started. Null when no such process
 * lives; one that has ended and was not yet buried does not live.
 */
export async function processIdentity(pid: number): Promise<string | null> {
  if (process.platform === "linux") {
    const fields = await statFields(pid);
    if (fields === null) return null;
    const boot = await readOrNull("/proc/sys/kernel/random/boot_id");
    return isDead(fields) ? null : `${boot?.trim() ?? ""}:${fields[19] ?? ""}`;
  }
  try {
    const { stdout } = await run("ps", ["-o", "stat=,lstart=", "-p", String(pid)]);
    return stdout.trim() === "" || stdout.trim().startsWith("Z") ? null : stdout.trim().replace(/^\S+\s+/, "");
  } catch {
    // ps exits 1 for a process that is not there.
    return null;
  }
}

/** Whether any process of a group lives; those that have ended and were not yet buried do not. */
export async function groupLives(group: number): Promise<boolean> {
  if (process.platform === "linux") {
    // Twice, because one may have started another and ended while they were counted.
    return (await isMemberLiving(group)) || isMemberLiving(group);
  }
  const { stdout } = await run("ps", ["-axo", "pgid=,stat="]);
  return stdout.split("\n").some((line) => {
    const [pgid, state = "Z"] = line.trim().split(/\s+/);
    return pgid === String(group) && !state.startsWith("Z");
  });
}

async function isMemberLiving(group: number): Promise<boolean> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(pids.map((pid) => statFields(Number(pid))));
  return all.some((fields) => fields !== null && fields[2] === String(group) && !isDead(fields));
}

/** What Linux says of a process after its name: state, parent, group; the 20th is when it started. */
async function statFields(pid: number): Promise<string[] | null> {
  const stat = await readOrNull(`/proc/${pid}/stat`);
  // The name in brackets may hold spaces and brackets; what follows the last one is regular.
  return stat === null ? null : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

const isDead = ([state]: readonly string[]): boolean => state === "Z" || state === "X";

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return null;
    throw error;
  }
}
