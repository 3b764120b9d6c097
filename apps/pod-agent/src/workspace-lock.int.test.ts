import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it, onTestFinished } from "vitest";
import { lockWorkspace } from "./workspace-lock.ts";

const ROUNDS = 40;
const AT_ONCE = 6;

/** A process that takes the workspaces that it is told, and keeps them until it is killed. */
function startLocker() {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../test/run-lock.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };
  onTestFinished(end);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const take = async (workspace: string): Promise<string> => {
    child.stdin.write(`${workspace}\n`);
    return (await answers.next()).value ?? "it has ended";
  };
  return { take, end };
}

it("is taken over from a dead agent by one, however many start at once", { timeout: 240_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "workspace-lock-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const workspaces = Array.from({ length: ROUNDS }, (_, n) => join(folder, `${n}`));
  const dead = startLocker();
  for (const workspace of workspaces) {
    await mkdir(workspace);
    expect(await dead.take(workspace)).toBe("held");
  }
  await dead.end();

  const lockers = Array.from({ length: AT_ONCE }, startLocker);
  for (const workspace of workspaces) {
    const said = await Promise.all(lockers.map(({ take }) => take(workspace)));
    expect(said.filter((word) => word === "held")).toHaveLength(1);
    for (const word of said) expect(word).toMatch(/^held$|another agent works in/);
  }
});

it("is opened again by who has it, and refused to anybody else meanwhile", async () => {
  const workspace = await mkdtemp(join(tmpdir(), "workspace-lock-"));
  onTestFinished(() => rm(workspace, { recursive: true, force: true }));
  for (let life = 0; life < 3; life += 1) {
    const unlock = await lockWorkspace(workspace);
    await expect(lockWorkspace(workspace)).rejects.toThrow(`another agent works in ${workspace}`);
    await unlock();
  }
  const unlock = await lockWorkspace(workspace);
  await rm(workspace, { recursive: true });
  await unlock();
});
