import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import type { GiveBackCommand, OwnPod } from "./settings.ts";

/** How a rented machine is given back from inside of it. */
export interface GiveBack {
  /** The operator's own way, which goes first. */
  readonly command: GiveBackCommand | null;
  /** The pod of RunPod that this is. */
  readonly pod: OwnPod | null;
}

const ANSWER_MS = 30_000;
const PAUSE_MS = 30_000;

/**
 * Gives the machine back, and tries again until it is done: as long as it is there, it costs money. Where neither way is
 * known there is nothing to do but to end, which stops the bill where a platform counts only what runs.
 */
export async function giveMachineBack(
  { command, pod }: GiveBack,
  parts: {
    readonly fetch: typeof fetch;
    readonly signal: AbortSignal;
    readonly say: (line: string) => void;
    readonly pauseMs?: number;
  },
): Promise<void> {
  const { signal, say, pauseMs = PAUSE_MS } = parts;
  if (command === null && pod === null) return say("this machine has no way to give itself back: the agent ends");
  while (!signal.aborted) {
    const trouble = command === null ? await deletePod(pod, parts) : await runCommand(command, signal);
    if (trouble === null) return say("the machine is given back");
    say(`the machine could not be given back (${trouble}); trying again`);
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Null when it was done: a pod that RunPod does not know is gone already. */
async function deletePod(
  pod: OwnPod | null,
  parts: { readonly fetch: typeof fetch; readonly signal: AbortSignal },
): Promise<string | null> {
  if (pod === null) return null;
  try {
    const response = await parts.fetch(`${pod.url}/pods/${encodeURIComponent(pod.id)}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${pod.key}` },
      redirect: "manual",
      signal: AbortSignal.any([parts.signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    await response.body?.cancel();
    return response.ok || response.status === 404 ? null : `RunPod answers with status ${response.status}`;
  } catch {
    return "RunPod cannot be reached";
  }
}

function runCommand({ command, environment }: GiveBackCommand, signal: AbortSignal): Promise<string | null> {
  const [program, ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, { env: { ...environment }, stdio: "ignore", signal });
    child.once("error", (error) => resolve(`AGENT_ON_LEASE_LOST cannot be run: ${error.message}`));
    child.once("exit", (code) => resolve(code === 0 ? null : `AGENT_ON_LEASE_LOST ended with ${code ?? "a signal"}`));
  });
}
