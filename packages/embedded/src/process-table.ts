import { readFile } from "node:fs/promises";
import { hasCode } from "./failure.ts";

/** What /proc says, or undefined where there is no /proc or the process has gone. */
async function readProc(pid: number, file: string): Promise<string | undefined> {
  if (process.platform !== "linux") return undefined;
  return await readFile(`/proc/${pid}/${file}`, "utf8").catch(() => undefined);
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, "EPERM"); // somebody else's process, but there
  }
}

/** State and start time (clock ticks since boot) of a process; on systems without /proc only whether it answers. */
export async function processFacts(pid: number): Promise<{ alive: boolean; startedAt: string }> {
  const stat = await readProc(pid, "stat");
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (!fields) return { alive: answersSignals(pid), startedAt: "0" };
  return { alive: !"ZX".includes(fields[0] ?? "Z"), startedAt: fields[19] ?? "0" };
}

/**
 * Whether `pid` is the server of this data folder. A zombie (its parent never asked for its exit status) and a stranger
 * that got the same number later both answer signals; only the command line tells them apart.
 */
export async function runsCluster(pid: number, cluster: string): Promise<boolean> {
  if (!answersSignals(pid)) return false;
  const commandLine = await readProc(pid, "cmdline");
  return commandLine === undefined || commandLine.split("\0").includes(cluster);
}

/** How many processes still hold a System V shared memory segment; 0 where the system does not tell. */
export async function attachedTo(segment: number): Promise<number> {
  if (process.platform !== "linux") return 0;
  const table = await readFile("/proc/sysvipc/shm", "utf8").catch(() => "");
  const row = table
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .find((columns) => columns[1] === String(segment));
  return Number(row?.[6] ?? 0);
}
