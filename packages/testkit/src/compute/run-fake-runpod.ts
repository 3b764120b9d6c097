/**
 * A fake RunPod as a process of its own, whose pods are real pod-agents with a scripted trainer: `node run-fake-runpod.ts OPTIONS`
 * with `RunPodProcessOptions` as JSON. Prints its address; obeys `POST /moves` and answers `GET /account`, beside the vendor's API.
 */
import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { readBody } from "../backends/read-body.ts";
import { spawnAgent } from "../trainers/spawn-agent.ts";
import { openFakeRunPodMachines } from "./fake-runpod-machines.ts";
import { send } from "./fake-runpod-moves.ts";
import { billOfPod } from "./fake-runpod-pods.ts";
import { startFakeRunPodServer } from "./fake-runpod-server.ts";
import { RunPodProcessMove, RunPodProcessOptions } from "./runpod-process.ts";

const options = RunPodProcessOptions.parse(JSON.parse(process.argv[2] ?? ""));
const { apiKey, folder, agent, trainer, slots, bootMs, bucketMs, gpus } = options;

const machines = openFakeRunPodMachines(async ({ id, env }) => {
  const workspace = join(folder, id);
  await mkdir(workspace, { recursive: true });
  const args = [env.AGENT_TOKEN ?? "", workspace, trainer.folder, trainer.python, String(slots)];
  return spawnAgent(agent, args, workspace);
});
const vendor = await startFakeRunPodServer({ apiKey, bootMs, bucketMs, gpus, machines });

/** Moves of one pod come one after the other, as they were asked for. */
async function play({ pod, how, seconds }: RunPodProcessMove): Promise<void> {
  const running = await machines.find(pod);
  switch (how) {
    case "preempt":
      // The vendor gives it five seconds; then the pod has stopped, and stays in the list.
      await running.stop();
      return vendor.preempt(pod);
    case "kill":
      return running.kill();
    case "vanish":
      return vendor.vanish(pod);
    case "starve":
      running.freeze();
      setTimeout(() => running.thaw(), seconds * 1_000);
  }
}

function account() {
  const now = new Date();
  return vendor.pods.map((pod) => ({
    ...{ id: pod.id, name: pod.name, isListed: pod.isListed, isSpot: pod.isSpot, isStopped: pod.stoppedAt !== null },
    billMicroUsd: billOfPod(pod, now, bucketMs).reduce(
      (sum, { totalAmount }) => sum + Math.round(totalAmount * 1_000_000),
      0,
    ),
  }));
}

const control = createServer(async (request, response) => {
  try {
    const body = await readBody(request);
    if (body === null) return;
    if (request.method === "POST") await play(RunPodProcessMove.parse(JSON.parse(body.toString("utf8"))));
    send(response, 200, { pods: account(), refused: vendor.refused });
  } catch (error) {
    send(response, 400, { detail: error instanceof z.ZodError ? z.prettifyError(error) : String(error) });
  }
});
await new Promise<void>((done) => control.listen(0, "127.0.0.1", done));
const { port } = control.address() as AddressInfo;
console.log(JSON.stringify({ url: vendor.url, controlUrl: `http://127.0.0.1:${port}` }));

process.once("SIGTERM", async () => {
  await machines.close();
  await vendor.close();
  control.close();
  control.closeAllConnections();
});
