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

export interface GiveBackParts {
  readonly fetch: typeof fetch;
  /** Ends the tries: the machine is wanted again, or the agent was told to end. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** Between two tries; 30 s. */
  readonly pauseMs?: number;
  /** After so long a command that has not ended is killed and tried again; 120 s. */
  readonly commandMs?: number;
}

const ANSWER_MS = 30_000;
const PAUSE_MS = 30_000;
const COMMAND_MS = 120_000;
/** The network before RunPod refuses the default names of HTTP libraries with 403 `error code: 1010`, however good the key is. */
const USER_AGENT = "loramill/0.1";

/**
 * Gives the machine back, and tries again until it is done: as long as it is there, it costs money. Where neither way is
 * known there is nothing to do but to end, which stops the bill where a platform counts only what runs.
 */
export async function giveMachineBack({ command, pod }: GiveBack, parts: GiveBackParts): Promise<void> {
  const { signal, say, pauseMs = PAUSE_MS } = parts;
  if (command === null && pod === null) return say("this machine has no way to give itself back: the agent ends");
  while (!signal.aborted) {
    const trouble = command === null ? await deletePod(pod, parts) : await runCommand(command, parts);
    if (trouble === null) return say("the machine is given back");
    if (signal.aborted) return;
    say(`the machine could not be given back (${trouble}); trying again`);
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Something that is tried again and again until it is done. */
export interface Retries {
  /** From the beginning. */
  begin(): void;
  /** Nothing is tried any more until it is begun again. Safe to call twice. */
  end(): void;
}

/** Giving the machine back as something that ends when the machine is wanted again. Where there is no way to, nothing happens. */
export function retryGiveBack(giveBack: GiveBack, parts: Omit<GiveBackParts, "signal">): Retries {
  let under = new AbortController();
  return {
    begin() {
      under.abort();
      if (giveBack.command === null && giveBack.pod === null) return;
      under = new AbortController();
      void giveMachineBack(giveBack, { ...parts, signal: under.signal });
    },
    end: () => under.abort(),
  };
}

/** Null when it was done: a pod that RunPod does not know is gone already. */
async function deletePod(pod: OwnPod | null, parts: GiveBackParts): Promise<string | null> {
  if (pod === null) return null;
  try {
    const response = await parts.fetch(`${pod.url}/pods/${encodeURIComponent(pod.id)}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${pod.key}`, "user-agent": USER_AGENT },
      redirect: "manual",
      signal: AbortSignal.any([parts.signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    await response.body?.cancel();
    return response.ok || response.status === 404 ? null : `RunPod answers with status ${response.status}`;
  } catch {
    return "RunPod cannot be reached";
  }
}

function runCommand({ command, environment }: GiveBackCommand, parts: GiveBackParts): Promise<string | null> {
  const [program, ...args] = command;
  const { signal, commandMs: timeout = COMMAND_MS } = parts;
  return new Promise((resolve) => {
    const options = { env: { ...environment }, signal, timeout, killSignal: "SIGKILL" } as const;
    const child = spawn(program, args, { ...options, stdio: "ignore" });
    child.once("error", (error) => resolve(`AGENT_ON_LEASE_LOST cannot be run: ${error.message}`));
    child.once("exit", (code) => {
      resolve(code === 0 ? null : `AGENT_ON_LEASE_LOST ended with ${code ?? "a signal"}`);
    });
  });
}
