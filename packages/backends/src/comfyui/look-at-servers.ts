import type { Availability } from "@loramill/contracts";
import type { ComfyUiClient } from "./client.ts";

const TIMEOUT_MS = 10_000;

/** Whether one of the servers can train, and what each of them says. */
export async function lookAtServers(clients: readonly ComfyUiClient[], signal?: AbortSignal): Promise<Availability> {
  const looks = await Promise.all(clients.map((client) => lookAt(client, signal)));
  const isAvailable = looks.some(({ available }) => available);
  return { available: isAvailable, message: looks.map(({ message }) => message).join("; ") };
}

async function lookAt(client: ComfyUiClient, signal: AbortSignal | undefined): Promise<Availability> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const both = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  try {
    const { version, devices } = await client.system(both);
    const canTrain = (await client.nodes(["TrainLoraNode"], both)).has("TrainLoraNode");
    const cards = devices.map(({ name, vramBytes }) => `${name} with ${Math.round(vramBytes / 1024 ** 3)} GB`);
    const verdict = canTrain ? "it trains" : "it has no training nodes: update it to 0.5.1 or later";
    const what = [`ComfyUI ${version}`, ...cards, verdict].join(", ");
    return { available: canTrain, message: `${client.name}: ${what}` };
  } catch (error) {
    signal?.throwIfAborted();
    return { available: false, message: error instanceof Error ? error.message : String(error) };
  }
}
