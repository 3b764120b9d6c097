import type { Clock, TrainingRequest } from "@loramill/contracts";
import type { ComfyUiClient } from "./client.ts";
import type { ComfyUiRecord } from "./training-record.ts";

/** What this process has seen of a training that runs elsewhere. */
export interface TrainingWatch {
  /** Steps that are done, as far as the socket told; it counts each of the batches that a step adds up. */
  step(): number;
  /** Steps in a second since the first count that was seen; null before the second one. */
  stepsPerSecond(): number | null;
  /** Opens the socket again when it was lost. */
  keep(): void;
  close(): void;
}

/** The watches of a process, one for each prompt it has looked at. */
export interface TrainingWatches {
  /** Opens one if there is none, and closes those that nobody asked for lately. */
  of(record: ComfyUiRecord, request: TrainingRequest, client: ComfyUiClient): TrainingWatch;
  forget(promptId: string): void;
  close(): void;
}

/** A training that another worker has gone on with is not looked at here any more. */
const IDLE_MS = 300_000;

export function openTrainingWatches(clock: Clock): TrainingWatches {
  const watches = new Map<string, { readonly watch: TrainingWatch; usedAt: number }>();
  const forget = (promptId: string) => {
    watches.get(promptId)?.watch.close();
    watches.delete(promptId);
  };
  return {
    of({ promptId, trainNode }, { recipe }, client) {
      const now = clock.now().getTime();
      for (const [id, { usedAt }] of [...watches]) if (now - usedAt > IDLE_MS) forget(id);
      const training = { promptId, trainNode, batchesPerStep: recipe.gradientAccumulation };
      const watch = watches.get(promptId)?.watch ?? watchTraining(client, training, clock);
      watches.set(promptId, { watch, usedAt: now });
      return watch;
    },
    forget,
    close: () => {
      for (const promptId of [...watches.keys()]) forget(promptId);
    },
  };
}

function watchTraining(
  client: ComfyUiClient,
  training: { readonly promptId: string; readonly trainNode: string; readonly batchesPerStep: number },
  clock: Clock,
): TrainingWatch {
  const socket = client.listen({ id: training.promptId, clientId: training.promptId });
  let first: { readonly step: number; readonly at: number } | null = null;
  const step = () => Math.floor((socket.progress(training.trainNode)?.value ?? 0) / training.batchesPerStep);
  return {
    step,
    stepsPerSecond() {
      const now = { step: step(), at: clock.now().getTime() };
      if (now.step === 0) return null;
      first ??= now;
      const seconds = (now.at - first.at) / 1000;
      return now.step > first.step && seconds > 0 ? (now.step - first.step) / seconds : null;
    },
    keep: socket.keep,
    close: socket.close,
  };
}
