import { hideValues, PermanentError, podToken, TransientError } from "@loramill/contracts";
import type { Turn } from "./turn.ts";

const LINES = 20;
const CHARACTERS = 300;
/** Trainings wait for another machine meanwhile. */
const LISTENS_MS = 3_000;

/**
 * Tells in the machine's run what it wrote last, which is mostly why it did not come up: an image without its key, a driver that is
 * too old. A machine whose provider cannot say, or does not say soon, is given up all the same.
 */
export async function tellLastWords({ pod, provider, deps, ctx }: Turn): Promise<void> {
  if (provider.logs === null || pod.remoteId === null) return;
  const late = AbortSignal.timeout(LISTENS_MS);
  try {
    const lines = await provider.logs(pod.remoteId, { tail: LINES, signal: AbortSignal.any([ctx.signal, late]) });
    const { agentSecret, agentEnv } = deps.options;
    const hide = hideValues([podToken(agentSecret ?? "", pod.name)], Object.values(agentEnv));
    const words = lines.map((line) => hide(line).slice(0, CHARACTERS));
    if (words.length > 0) ctx.event("machine.log", { lines: words });
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (!late.aborted && !(error instanceof TransientError || error instanceof PermanentError)) throw error;
  }
}
