import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Text that tells this life of a process id from another one: what it was given when it started. Null when no such process
 * lives; one that has ended and was not yet buried does not live.
 */
export async function processIdentity(pid: number): Promise<string | null> {
  if (process.platform === "linux") {
    const stat = await readOrNull(`/proc/${pid}/stat`);
    if (stat === null) return null;
    // The name in brackets may hold spaces and brackets; what follows the last one is regular.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const boot = await readOrNull("/proc/sys/kernel/random/boot_id");
    return fields[0] === "Z" || fields[0] === "X" ? null : `${boot?.trim() ?? ""}:${fields[19] ?? ""}`;
  }
  try {
    const { stdout } = await run("ps", ["-o", "stat=,lstart=", "-p", String(pid)]);
    return stdout.trim() === "" || stdout.trim().startsWith("Z") ? null : stdout.trim().replace(/^\S+\s+/, "");
  } catch {
    // ps exits 1 for a process that is not there.
    return null;
  }
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return null;
    throw error;
  }
}
