import { TransientError } from "@loramill/contracts";
import type { ComfyUiClient } from "../client.ts";
import type { Turn } from "./generation-deps.ts";

/** How long a server may be away before others do its work: it may draw on all the while. */
const PATIENCE_MS = 600_000;
const PROBE_MS = 5_000;

/**
 * Does something with a server; null where it does not answer, which is noted. Its prompts stay its own for some minutes,
 * then others take them; where there are none, its error is thrown.
 */
export async function tryServer<T>(turn: Turn, client: ComfyUiClient, work: () => Promise<T>): Promise<T | null> {
  try {
    // One that hangs is not given the time of a whole answer again and again.
    if (turn.record.silentSince[client.name] !== undefined) {
      await client.prompts.queued(turn.context.signal, PROBE_MS);
    }
    const done = await work();
    hear(turn, client.name);
    return done;
  } catch (error) {
    if (!(error instanceof TransientError) || turn.context.signal.aborted) throw error;
    await wait(turn, client.name, error);
    return null;
  }
}

/** Whether a server has been away for so long that nothing waits for it any more. */
export function isGivenUp({ record, clock }: Turn, server: string): boolean {
  const since = record.silentSince[server];
  return since !== undefined && clock.now().getTime() - Date.parse(since) >= PATIENCE_MS;
}

function hear(turn: Turn, server: string): void {
  if (turn.record.silentSince[server] === undefined) return;
  const { [server]: _, ...silentSince } = turn.record.silentSince;
  turn.update({ silentSince });
}

async function wait(turn: Turn, server: string, error: TransientError): Promise<void> {
  const { clock, context, clients } = turn;
  const since = turn.record.silentSince[server];
  if (since === undefined) {
    context.onLog(`${error.message}; it is asked again`);
    turn.update({ silentSince: { ...turn.record.silentSince, [server]: clock.now().toISOString() } });
    return;
  }
  if (!isGivenUp(turn, server)) return;
  const others = clients.filter(({ name }) => turn.record.silentSince[name] === undefined);
  if (others.length === 0) throw error;
  for (const item of turn.record.items) {
    if (item.state !== "sent" || item.server !== server) continue;
    context.onLog(
      `item ${item.index} is taken from ${server}, which has been silent for ${PATIENCE_MS / 60_000} minutes`,
    );
    turn.change(item.index, { state: "waiting", server: null, startedAt: null, heldSeconds: 0 });
  }
}
