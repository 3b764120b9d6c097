import { TransientError } from "@loramill/contracts";
import type { ComfyUiClient } from "./client.ts";

/** When a full server is worth another look. */
const RETRY_AFTER_MS = 10_000;

/**
 * The server with the shortest queue. TransientError `capacity`, which costs no attempt, when `maxJobs` prompts run or
 * wait on each of them; the last server's error when none answers.
 */
export async function chooseServer(
  clients: readonly ComfyUiClient[],
  maxJobs: number,
  signal: AbortSignal,
): Promise<ComfyUiClient> {
  const looks = await Promise.allSettled(
    clients.map(async (client) => ({ client, queued: await client.prompts.queued(signal) })),
  );
  signal.throwIfAborted();
  const alive = looks.flatMap((look) => (look.status === "fulfilled" ? look.value : []));
  const [best] = alive.toSorted((a, b) => a.queued - b.queued);
  if (best === undefined) throw looks.find((look) => look.status === "rejected")?.reason;
  if (best.queued < maxJobs) return best.client;
  const names = alive.map(({ client, queued }) => `${client.name} (${queued})`).join(", ");
  throw new TransientError(`Every ComfyUI server has work already: ${names}`, {
    code: "capacity",
    retryAfterMs: RETRY_AFTER_MS,
  });
}
