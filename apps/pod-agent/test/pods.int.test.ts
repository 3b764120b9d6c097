import { join } from "node:path";
import { createAgentTraining } from "@loramill/backends";
import { type AgentPod, podToken, type RentedMachine } from "@loramill/contracts";
import { backendContext, pollTraining } from "@loramill/testkit";
import { afterEach, expect, it } from "vitest";
import { openTrial, startMachine } from "./open-trial.ts";

const SECRET = "what the tokens are derived from";
const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** A backend without machines of its own, and pods that the test boots and ends. */
async function openFleet() {
  const trial = await openTrial({ agents: 0 });
  opened.push(trial.close);
  const pods: AgentPod[] = [];
  const rented: RentedMachine[] = [];
  const backend = createAgentTraining(
    {
      ...{ urls: [], token: "", trainers: ["sd-scripts"], maxJobs: null, pollMs: 40, leaseSeconds: 300 },
      ...{ timeoutSeconds: 600, usdPerHour: 0, fleet: { providers: ["simulated"], secret: SECRET } },
    },
    {
      stores: trial.stores,
      clock: { now: () => new Date() },
      pods: async () => pods,
      machines: async () => rented,
    },
  );

  async function boot(name: string): Promise<{ end(): Promise<void> }> {
    const settings = { ...trial.settingsOf(pods.length), workspace: join(trial.folder, name) };
    const machine = await startMachine(settings, { token: podToken(SECRET, name) });
    opened.push(machine.stop);
    const pricePerHourMicroUsd = 3_600_000;
    const offer = {
      ...{ gpuType: "NVIDIA GeForce RTX 4090", region: "here", vramBytes: 24e9, available: 1 },
      ...{ pricePerHourMicroUsd, interruptible: true },
    };
    const isFree = { takesWork: true, reservedFor: [], plannedFor: [], holds: [] };
    pods.push({ name, provider: "simulated", offer, address: machine.url, ...isFree });
    const common = { remoteId: `remote-${name}`, name, address: machine.url, pricePerHourMicroUsd };
    rented.push({ ...common, state: "running", bill: { seconds: 10, amountMicroUsd: 10_000, isFinal: false } });
    return {
      async end() {
        await machine.stop();
        pods.splice(0, 1);
        rented[0] = { ...common, state: "gone", bill: { seconds: 25, amountMicroUsd: 25_000, isFinal: true } };
      },
    };
  }
  return { ...trial, backend, boot };
}

it("a training waits for a machine until there is one, and goes on with the next when its pod has ended", async () => {
  const { backend, request, boot, stores, remote, holdAfterSaves } = await openFleet();
  await holdAfterSaves(1);
  expect(await backend.isAvailable()).toEqual({
    available: true,
    message: "machines are rented from simulated when there is work",
  });
  expect(backend.capabilities.placement).toEqual({ local: null, cloud: { providers: ["simulated"] } });

  const waiting = backendContext();
  await expect(backend.submit(request, waiting)).rejects.toMatchObject({
    code: "capacity",
    message: "waits for a machine",
  });
  expect(waiting.progress).toEqual([{ waitsFor: "a machine", trainer: "sd-scripts" }]);

  const first = await boot("mill-one");
  const begun = await backend.submit(request, backendContext({ epoch: 2 }));
  // What was on its bill before is nobody's: its part begins there.
  expect(begun).toMatchObject({ pod: "mill-one", podMicroUsd: 10_000, trainer: "sd-scripts" });
  let epoch = 3;
  for (let saved = 0; saved === 0; epoch += 1) {
    const [status] = await pollTraining(backend, begun.remoteId, request, { fromEpoch: epoch, turns: 1 });
    if (status?.kind !== "running") throw new Error(`it is ${status?.kind}`);
    saved += status.checkpoints.length;
  }
  await first.end();
  const lost = await backend.poll(begun.remoteId, request, backendContext({ epoch }));
  expect(lost.kind).toBe("lost");
  const charges = lost.charges ?? [];
  expect(charges.map(({ pod }) => pod)).toEqual(["mill-one"]);
  expect(charges.reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0)).toBe(15_000);

  await boot("mill-two");
  await remote.holding?.release();
  const again = await backend.submit(request, backendContext({ epoch: epoch + 1 }));
  expect(again.pod).toBe("mill-two");
  const statuses = await pollTraining(backend, again.remoteId, request, { fromEpoch: epoch + 2 });
  expect(statuses.at(-1)?.kind).toBe("succeeded");
  const collected = await backend.collect(again.remoteId, request, backendContext({ epoch: 10_000 }));
  expect(collected.resumedFromSteps.length).toBe(1);
  expect(collected.resumedFromSteps[0]).toBeGreaterThan(0);
  for await (const { key } of stores.objects.list("")) expect(key).not.toContain(SECRET);
}, 120_000);
