import { link, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readText } from "./files.ts";
import { processIdentity } from "./process-identity.ts";

/**
 * Makes a workspace this process's own, so that no two agents run one training. The lock of a process that no longer lives
 * is taken over. Answers what opens it again.
 */
export async function lockWorkspace(workspace: string): Promise<() => Promise<void>> {
  const path = join(workspace, "agent.lock");
  const own = `${path}.${process.pid}`;
  const mine = JSON.stringify({ pid: process.pid, identity: await processIdentity(process.pid) });
  await writeFile(own, mine);
  try {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      // A link is made whole or not at all, and never over another.
      const isMade = await link(own, path).then(
        () => true,
        (error: unknown) => isExisting(error),
      );
      if (isMade) return () => rm(path, { force: true });
      const holder = await readText(path);
      if (holder !== null && (await isLiving(holder))) {
        throw new Error(`another agent works in ${workspace}: stop it, or give this one an AGENT_WORKSPACE of its own`);
      }
      await rm(path, { force: true });
    }
    throw new Error(`the lock ${path} cannot be taken`);
  } finally {
    await rm(own, { force: true });
  }
}

/** False when the lock is there already; any other failure goes on. */
function isExisting(error: unknown): false {
  if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
  throw error;
}

async function isLiving(holder: string): Promise<boolean> {
  const { pid, identity } = JSON.parse(holder) as { pid: number; identity: string };
  return (await processIdentity(pid)) === identity;
}
