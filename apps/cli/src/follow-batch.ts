import { setTimeout as delay } from "node:timers/promises";
import type { BatchView } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { countsText, endedOf, progressText } from "./batch-view.ts";
import type { CommandContext } from "./commands/context.ts";
import { createProgressLine } from "./progress-line.ts";

const LOOK_MS = 1_000;

export const isOver = ({ state }: Pick<BatchView, "state">): boolean => state !== "planning" && state !== "running";

/** Follows a batch on the terminal to its end; Ctrl-C ends the following, not the batch. */
export async function followBatch(
  batch: BatchView,
  { client, context }: { client: Client; context: CommandContext },
): Promise<{ batch: BatchView; detached: boolean }> {
  const out = context.json ? context.err : context.out;
  const line = createProgressLine(out);
  const stop = new AbortController();
  const giveBack = context.interrupts.take(() => stop.abort());
  let view = batch;
  let told = "";
  try {
    while (!isOver(view) && !stop.signal.aborted) {
      line.show(progressText(view), endedOf(view), view.total);
      if (!out.isTTY && countsText(view) !== told) out.write(`${progressText(view)}\n`);
      told = countsText(view);
      await delay(LOOK_MS, undefined, { signal: stop.signal }).catch(() => {});
      view = await client.batches.get(view.id);
    }
  } finally {
    giveBack();
    line.end();
  }
  const detached = !isOver(view);
  if (detached) out.write(`left to itself; \`loramill batch watch ${view.id}\` follows it again\n`);
  return { batch: view, detached };
}
