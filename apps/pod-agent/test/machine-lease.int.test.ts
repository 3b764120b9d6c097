import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { createRunPodProvider, runpodConfig } from "@loramill/compute";
import { backendContext, freePort, pollTraining, startFakeRunPodServer, waitUntil } from "@loramill/testkit";
import { afterEach, expect, it } from "vitest";
import { giveMachineBack } from "../src/give-machine-back.ts";
import { openTrial, startMachine, TOKEN } from "./open-trial.ts";

const MAIN = resolve(import.meta.dirname, "../src/main.ts");
const KEY = "rpa_0123456789abcdef0123";
const PATIENCE = { timeoutMs: 90_000 };

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A pod of a RunPod that is played here, rented as the provisioner rents it. */
async function rentPod() {
  const server = await startFakeRunPodServer({ apiKey: KEY });
  cleanups.push(server.close);
  const options = runpodConfig.options(
    runpodConfig.env.parse({ RUNPOD_API_URL: server.url, RUNPOD_GRAPHQL_URL: server.graphqlUrl }),
  );
  const clock = { now: () => new Date() };
  const provider = createRunPodProvider(options, { apiKey: KEY, clock, sleep: async () => {}, onSpotLost: () => {} });
  const offer = (await provider.offers()).find(({ available }) => available > 0);
  if (offer === undefined) throw new Error("nothing is offered");
  const { remoteId } = await provider.create({ name: "mill-one", offer, image: "registry.example/agent:1" });
  return { server, remoteId, isThere: () => server.pods.some(({ id, isListed }) => id === remoteId && isListed) };
}

/** The agent as it runs on a pod: a process of its own that knows where it is. */
async function startOnPod(env: Record<string, string>, health = 200) {
  const port = await freePort();
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH ?? "", AGENT_TOKEN: TOKEN, AGENT_PORT: `${port}`, ...env },
    stdio: "inherit",
  });
  cleanups.push(async () => child.kill("SIGKILL"));
  const ended = once(child, "exit");
  const url = `http://127.0.0.1:${port}`;
  await waitUntil("the agent listens", () => fetch(`${url}/healthz`).then(({ status }) => status === health), PATIENCE);
  return { url, ended };
}

it("a pod that nobody asks after stops its trainer, saves what there is, deletes itself and ends", async () => {
  const trial = await openTrial({ agents: 0, behaviour: { stepMs: 150 } });
  cleanups.push(trial.close);
  const { server, remoteId, isThere } = await rentPod();
  const { url, ended } = await startOnPod({
    ...{ AGENT_WORKSPACE: join(trial.folder, "pod"), AGENT_MACHINE_LEASE_SECONDS: "15" },
    ...{ RUNPOD_POD_ID: remoteId, RUNPOD_API_KEY: KEY, RUNPOD_API_URL: server.url },
    ...{ SD_SCRIPTS_DIR: trial.scripted.installed.folder, SD_SCRIPTS_PYTHON: trial.scripted.installed.python },
  });
  const request = { ...trial.request, recipe: { ...trial.request.recipe, steps: 2_000 } };
  const backend = trial.makeBackend({ urls: [url], pollMs: 500 });
  const { remoteId: training } = await backend.submit(request, backendContext());
  let epoch = 2;
  for (let saved = 0; saved === 0; epoch += 1) {
    const [status] = await pollTraining(backend, training, request, { fromEpoch: epoch, turns: 1 });
    if (status?.kind !== "running") throw new Error(`it is ${status?.kind}`);
    saved = status.checkpoints.length;
    await new Promise((done) => setTimeout(done, 500));
  }
  expect(isThere()).toBe(true);

  // Words without the token keep nothing alive.
  const shouting = setInterval(() => void fetch(`${url}/healthz`).catch(() => undefined), 500);
  cleanups.push(async () => clearInterval(shouting));
  expect((await ended)[0]).toBe(0);
  expect(isThere()).toBe(false);
  const steps = await trial.scripted.steps();
  await new Promise((done) => setTimeout(done, 1_000));
  expect(await trial.scripted.steps()).toEqual(steps);

  const next = await startMachine(trial.settingsOf(7));
  cleanups.push(next.stop);
  const elsewhere = trial.makeBackend({ urls: [next.url] });
  const again = await elsewhere.submit(request, backendContext({ epoch: epoch + 1 }));
  const goesOn = async () => {
    epoch += 1;
    await elsewhere.poll(again.remoteId, request, backendContext({ epoch: epoch + 1 }));
    return (await trial.scripted.starts()).length === 2;
  };
  await waitUntil("it goes on elsewhere", goesOn, PATIENCE);
  expect((await trial.scripted.starts())[1]).toBeGreaterThan(0);
}, 240_000);

it("a pod whose agent cannot start says why, and deletes itself when its lease is over", async () => {
  const folder = await mkdtemp(join(tmpdir(), "machine-lease-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const { server, remoteId, isThere } = await rentPod();
  const file = join(folder, "no folder");
  await writeFile(file, "");
  const env = {
    ...{
      AGENT_WORKSPACE: join(folder, "pod"),
      AGENT_CACHE_DIR: join(file, "cache"),
      AGENT_MACHINE_LEASE_SECONDS: "10",
    },
    ...{ RUNPOD_POD_ID: remoteId, RUNPOD_API_KEY: KEY, RUNPOD_API_URL: server.url },
  };
  const { url, ended } = await startOnPod(env, 503);
  const ask = async (token: string) => {
    const answer = await fetch(`${url}/v1/health`, { headers: { authorization: `Bearer ${token}` } });
    return JSON.stringify(await answer.json());
  };
  expect(await ask(TOKEN)).toContain(`AGENT_CACHE_DIR: ${env.AGENT_CACHE_DIR} cannot be written`);
  expect(await ask("somebody")).not.toContain(folder);
  expect(isThere()).toBe(true);
  expect((await ended)[0]).toBe(1);
  expect(isThere()).toBe(false);
}, 120_000);

it("an agent that cannot start on a machine of your own ends at once", async () => {
  const env = { PATH: process.env.PATH ?? "", AGENT_TOKEN: TOKEN, AGENT_WORKSPACE: "/dev/null/agent" };
  const child = spawn(process.execPath, [MAIN], { env, stdio: ["ignore", "inherit", "pipe"] });
  const said = text(child.stderr);
  expect((await once(child, "exit"))[0]).toBe(1);
  expect(await said).toContain("AGENT_WORKSPACE: /dev/null/agent cannot be written (ENOTDIR)");
}, 60_000);

it("is tried again until RunPod has done it, also by a command, and not after the agent was told to end", async () => {
  const { server, remoteId, isThere } = await rentPod();
  const said: string[] = [];
  const stop = new AbortController();
  const parts = { fetch, signal: stop.signal, say: (line: string) => void said.push(line), pauseMs: 10 };
  const pod = { url: server.url, id: remoteId, key: "not the pod's key" };
  const refused = giveMachineBack({ command: null, pod }, parts);
  await waitUntil("it was tried three times", () => said.length >= 3, PATIENCE);
  stop.abort();
  await refused;
  expect(said[0]).toBe("the machine could not be given back (RunPod answers with status 401); trying again");
  expect(isThere()).toBe(true);
  expect(said.join()).not.toContain("not the pod's key");

  const calm = { ...parts, signal: new AbortController().signal };
  await giveMachineBack({ command: null, pod: { ...pod, key: KEY } }, calm);
  expect(isThere()).toBe(false);
  await giveMachineBack({ command: null, pod: { ...pod, key: KEY } }, calm);
  const byCommand = (code: string, over = {}) => {
    const command = [process.execPath, "-e", code] as const;
    return giveMachineBack({ command: { command, environment: {} }, pod: null }, { ...calm, ...over });
  };
  await byCommand("process.exit(0)");
  expect(said.at(-1)).toBe("the machine is given back");
  const enough = new AbortController();
  cleanups.push(async () => enough.abort());
  const hanging = byCommand("setInterval(() => {}, 1e9)", { commandMs: 50, signal: enough.signal });
  const ended = "the machine could not be given back (AGENT_ON_LEASE_LOST ended with a signal); trying again";
  await waitUntil(
    "a command that hangs is tried again",
    () => said.filter((line) => line === ended).length >= 2,
    PATIENCE,
  );
  enough.abort();
  await hanging;
  await giveMachineBack({ command: null, pod: null }, calm);
  expect(said.at(-1)).toContain("no way to give itself back");
});
