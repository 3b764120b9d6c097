import { randomUUID } from "node:crypto";
import { link, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "@loramill/contracts";
import { orCannotWrite, orNull, readText } from "./files.ts";
import { processIdentity } from "./process-identity.ts";

/** Each round somebody else was quicker, so somebody has it long before. */
const ROUNDS = 100;
const NAME = /^agent-lock-(\d+)$/;

/**
 * Makes a workspace this process's own, so that no two agents run one training. Locks are numbered, and the highest holds: the lock
 * of a process that no longer lives is taken over by making the next one, which only one can, and the highest is never removed. Who
 * read an old number and made one that had been there before sees that it is not the highest. Answers what opens it again.
 *
 * @throws UserError `workspace-taken` while another agent lives in it; Error where nothing can be written there.
 */
export async function lockWorkspace(workspace: string): Promise<() => Promise<void>> {
  const own = join(workspace, `agent-lock.${randomUUID()}`);
  const mine = JSON.stringify({ pid: process.pid, identity: await processIdentity(process.pid) });
  await orCannotWrite("AGENT_WORKSPACE", workspace, () => writeFile(own, mine));
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const highest = Math.max(0, ...(await numbersIn(workspace)));
      const holder = highest === 0 ? RELEASED : await readText(pathOf(workspace, highest));
      // Whoever removed it has made a higher one.
      if (holder === null) continue;
      if (await isLiving(holder)) {
        throw new UserError(
          `another agent works in ${workspace}: stop it, or give this one an AGENT_WORKSPACE of its own`,
          { code: "workspace-taken" },
        );
      }
      const number = highest + 1;
      if (!(await isLinked(own, pathOf(workspace, number)))) continue;
      const numbers = await numbersIn(workspace);
      if (Math.max(...numbers) > number) {
        await rm(pathOf(workspace, number), { force: true });
        continue;
      }
      for (const lower of numbers) if (lower < number) await rm(pathOf(workspace, lower), { force: true });
      return () => release(workspace, number);
    }
    throw new Error(`the lock of ${workspace} cannot be taken: look who makes files there`);
  } finally {
    await rm(own, { force: true });
  }
}

/** The lock of nobody. */
const RELEASED = JSON.stringify({ pid: null });

const pathOf = (workspace: string, number: number): string => join(workspace, `agent-lock-${number}`);

async function numbersIn(workspace: string): Promise<number[]> {
  return (await readdir(workspace)).map((name) => Number(NAME.exec(name)?.[1] ?? 0)).filter((number) => number > 0);
}

/** A link is made whole or not at all, and never over another: false when there is one. */
async function isLinked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** The lock stays and is nobody's, so that its number is not given again. A workspace that is gone needs no lock. */
async function release(workspace: string, number: number): Promise<void> {
  const path = pathOf(workspace, number);
  const released = `${path}.released`;
  await orNull(writeFile(released, RELEASED).then(() => rename(released, path)));
}

async function isLiving(holder: string): Promise<boolean> {
  const { pid, identity } = JSON.parse(holder) as { pid: number | null; identity: string };
  return pid !== null && (await processIdentity(pid)) === identity;
}
