import { setTimeout as wait } from "node:timers/promises";
import { isFinal, type RunSpecInput, type RunView } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";

/** Polls until a condition holds; fails with what was last seen. */
export async function eventually<T>(
  what: string,
  read: () => Promise<T>,
  holds: (value: T) => boolean,
  timeoutMs = 120_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const value = await read();
      if (holds(value)) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    await wait(100);
  }
  throw new Error(
    `not within ${timeoutMs} ms: ${what}; last seen: ${last instanceof Error ? last.stack : JSON.stringify(last)?.slice(0, 3000)}`,
  );
}

export function finished(client: Client, run: string, timeoutMs = 300_000): Promise<RunView> {
  return eventually(
    `run ${run} ends`,
    () => client.getRun(run),
    (view) => isFinal("run", view.state),
    timeoutMs,
  );
}

export function stepOf(run: RunView, name: string) {
  const step = run.steps.find((candidate) => candidate.name === name);
  if (!step) throw new Error(`run ${run.id} has no step ${name}`);
  return step;
}

/** From pictures to images, as small as it goes: what most of the suites run. */
export function smallSpec(folder: string, more: Partial<RunSpecInput> = {}): RunSpecInput {
  return {
    name: "small",
    dataset: { sources: [{ type: "folder", path: folder }] },
    caption: { triggerWord: "zorb", className: "creature" },
    train: { recipe: { steps: 30, batchSize: 4, saveEverySteps: 10, rank: 4, seed: 7 } },
    generate: { prompts: ["a photo of zorb"], seeds: [1, 2], strengths: [0, 1], steps: 6 },
    ...more,
  };
}
