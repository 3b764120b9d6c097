import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backendContext, freePort, pollTraining, waitUntil } from "@loramill/testkit";
import { afterEach, expect, it } from "vitest";
import { openTrial, TOKEN } from "./open-trial.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The one file as it is put on a GPU machine: alone in a folder, with no node_modules anywhere above. */
async function buildBundle(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pod-agent-bundle-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const bundle = join(folder, "pod-agent.mjs");
  execFileSync(process.execPath, [join(import.meta.dirname, "..", "build.ts"), bundle]);
  return bundle;
}

function runBundle(bundle: string, env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [bundle], { env: { PATH: process.env.PATH ?? "", ...env }, stdio: "inherit" });
  cleanups.push(async () => child.kill("SIGKILL"));
  return child;
}

const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once("exit", resolve));

it("runs as one file, goes on with its trainer after kill -9, and leaves within five seconds of SIGTERM", async () => {
  const trial = await openTrial({ behaviour: { stepMs: 40 } });
  cleanups.push(trial.close);
  const port = await freePort();
  const bundle = await buildBundle();
  const env = {
    AGENT_TOKEN: TOKEN,
    AGENT_PORT: String(port),
    AGENT_WORKSPACE: join(trial.folder, "bundled"),
    SD_SCRIPTS_DIR: trial.scripted.installed.folder,
    SD_SCRIPTS_PYTHON: trial.scripted.installed.python,
  };
  const url = `http://127.0.0.1:${port}`;
  const isUp = () => fetch(`${url}/healthz`).then((answer) => answer.ok);
  const first = runBundle(bundle, env);
  await waitUntil("the bundle listens", isUp);
  const backend = trial.makeBackend({ urls: [url], pollMs: 100 });
  const { remoteId } = await backend.submit(trial.request, backendContext());
  await pollTraining(backend, remoteId, trial.request, { turns: 3 });
  await waitUntil("the trainer works", async () => (await trial.scripted.steps()).length > 5);

  const death = ended(first);
  first.kill("SIGKILL");
  await death;
  const second = runBundle(bundle, env);
  await waitUntil("the bundle listens again", isUp);
  const statuses = await pollTraining(backend, remoteId, trial.request, { fromEpoch: 50 });
  expect(statuses.at(-1)?.kind).toBe("succeeded");
  const { curve } = await backend.collect(remoteId, trial.request, backendContext({ epoch: 5_000 }));
  expect(curve.length).toBe(60);
  expect(await trial.scripted.starts()).toEqual([0]);

  await trial.scripted.behave({ stepMs: 200, ignoresTerm: true });
  const other = { ...trial.request, marker: "another" };
  const job = `job_${"1".repeat(32)}`;
  const { remoteId: otherId } = await backend.submit(other, backendContext({ job }));
  await pollTraining(backend, otherId, other, { job, turns: 3 });
  await waitUntil("the second trainer works", async () => (await trial.scripted.starts()).length === 2);
  const asked = Date.now();
  const end = ended(second);
  second.kill("SIGTERM");
  expect(await end).toBe(0);
  // Within the grace of a vendor that takes a pod, which is five seconds, and not after the minute that a lost lease leaves for
  // uploads; how late a busy machine ends its processes is not the agent's doing.
  expect(Date.now() - asked).toBeLessThan(30_000);
  const steps = await trial.scripted.steps();
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(await trial.scripted.steps()).toEqual(steps);
}, 120_000);

it("ends by itself after its one training, as a pod of a cluster should", async () => {
  const trial = await openTrial();
  cleanups.push(trial.close);
  const port = await freePort();
  const bundle = runBundle(await buildBundle(), {
    AGENT_TOKEN: TOKEN,
    AGENT_PORT: String(port),
    AGENT_WORKSPACE: join(trial.folder, "bundled"),
    AGENT_TRAININGS: "1",
    AGENT_IDLE_SECONDS: "600",
    SD_SCRIPTS_DIR: trial.scripted.installed.folder,
    SD_SCRIPTS_PYTHON: trial.scripted.installed.python,
  });
  const end = ended(bundle);
  const url = `http://127.0.0.1:${port}`;
  await waitUntil("the bundle listens", () => fetch(`${url}/healthz`).then((answer) => answer.ok));
  const backend = trial.makeBackend({ urls: [url], pollMs: 100 });
  const { remoteId } = await backend.submit(trial.request, backendContext());
  const statuses = await pollTraining(backend, remoteId, trial.request, { fromEpoch: 2 });
  expect(statuses.at(-1)?.kind).toBe("succeeded");
  expect(await end).toBe(0);
  expect((await backend.collect(remoteId, trial.request, backendContext({ epoch: 5_000 }))).curve).toHaveLength(60);
}, 120_000);
