/**
 * A fake RunPod as a process of its own, whose pods are real pod-agents with a scripted trainer: `node run-fake-runpod.ts OPTIONS`
 * with `RunPodProcessOptions` as JSON. Prints its address; obeys `POST /moves` and answers `GET /account`, beside the vendor's API.
 */
import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { readBody } from "../backends/read-body.ts";
import { spawnAgent } from "../trainers/spawn-agent.ts";
import { openFakeRunPodMachines } from "./fake-runpod-machines.ts";
import { type RunPodMove, send } from "./fake-runpod-moves.ts";
import { billOfPod } from "./fake-runpod-pods.ts";
import { startFakeRunPodServer } from "./fake-runpod-server.ts";
import { drawRunPodTroubles } from "./fake-runpod-troubles.ts";
import { RunPodProcessMove, RunPodProcessOptions } from "./runpod-process.ts";

const options = RunPodProcessOptions.parse(JSON.parse(process.argv[2] ?? ""));
const { apiKey, folder, agent, trainer, slots, bootMs, bucketMs, graceMs, gpus } = options;

/** When the agent of each pod first listened. */
const upAt = new Map<string, number>();
const machines = openFakeRunPodMachines(async ({ id, env }) => {
  const workspace = join(folder, id);
  await mkdir(workspace, { recursive: true });
  const args = [env.AGENT_TOKEN ?? "", workspace, trainer.folder, trainer.python, String(slots)];
  const own = { RUNPOD_POD_ID: id, RUNPOD_API_KEY: apiKey, RUNPOD_API_URL: vendor.url };
  const spawned = await spawnAgent(agent, args, workspace, { ...env, ...own });
  upAt.set(id, Date.now());
  return spawned;
});
const draw = options.troubles === undefined ? () => undefined : drawRunPodTroubles(options.troubles);
const troubles: Record<string, number> = {};
let overGrace = 0;
function trouble(route: string): RunPodMove | undefined {
  const move = draw(route);
  if (move === undefined) return undefined;
  const name = "status" in move && move.kind !== "no-capacity" ? `${move.kind} ${move.status}` : move.kind;
  troubles[name] = (troubles[name] ?? 0) + 1;
  return move;
}
const vendor = await startFakeRunPodServer({ apiKey, bootMs, bucketMs, gpus, machines, trouble });

/** Moves of one pod come one after the other, as they were asked for. */
async function play({ pod, how, seconds }: RunPodProcessMove): Promise<void> {
  const running = await machines.find(pod);
  switch (how) {
    case "preempt":
      if (!(await endsWithin(graceMs, running.stop()))) {
        overGrace += 1;
        await running.kill();
      }
      // The pod has stopped, and stays in the list.
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

async function endsWithin(ms: number, ending: Promise<void>): Promise<boolean> {
  const over = new AbortController();
  const late = delay(ms, false, { signal: over.signal }).catch(() => false);
  const hasEnded = await Promise.race([ending.then(() => true), late]);
  over.abort();
  return hasEnded;
}

function account() {
  const now = new Date();
  return vendor.pods.map((pod) => ({
    ...{ id: pod.id, name: pod.name, isListed: pod.isListed, isSpot: pod.isSpot, isStopped: pod.stoppedAt !== null },
    ...{
      usdPerHour: pod.usdPerHour,
      from: pod.createdAt.getTime(),
      upAt: upAt.get(pod.id) ?? null,
      to: pod.stoppedAt?.getTime() ?? null,
    },
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
    send(response, 200, { pods: account(), refused: vendor.refused, troubles, overGrace });
  } catch (error) {
    send(response, 400, { detail: error instanceof z.ZodError ? z.prettifyError(error) : String(error) });
  }
});
await new Promise<void>((done) => control.listen(0, "127.0.0.1", done));
const { port } = control.address() as AddressInfo;
console.log(JSON.stringify({ url: vendor.url, graphqlUrl: vendor.graphqlUrl, controlUrl: `http://127.0.0.1:${port}` }));

process.once("SIGTERM", async () => {
  await machines.close();
  await vendor.close();
  control.close();
  control.closeAllConnections();
});
