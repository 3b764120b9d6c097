import type { BackendContext, JsonObject, TrainingBackend, TrainingRequest, TrainingStatus } from "@loramill/contracts";

/** A context as a worker gives it to a backend, with what was said through it kept. */
export function backendContext(
  over: Partial<Pick<BackendContext, "job" | "epoch" | "signal">> = {},
): BackendContext & { readonly progress: JsonObject[]; readonly lines: string[] } {
  const progress: JsonObject[] = [];
  const lines: string[] = [];
  return {
    job: over.job ?? `job_${"0".repeat(32)}`,
    epoch: over.epoch ?? 1,
    signal: over.signal ?? new AbortController().signal,
    onProgress: (said) => void progress.push(said),
    onLog: (line) => void lines.push(line),
    progress,
    lines,
  };
}

/** Polls until the training ends, a fresh epoch per turn as the catalog gives them; answers all statuses. */
export async function pollTraining(
  backend: TrainingBackend,
  remoteId: string,
  request: TrainingRequest,
  options: { readonly job?: string; readonly fromEpoch?: number; readonly turns?: number } = {},
): Promise<TrainingStatus[]> {
  const statuses: TrainingStatus[] = [];
  const { fromEpoch = 2, turns = 10_000 } = options;
  const job = options.job === undefined ? {} : { job: options.job };
  for (let turn = 0; turn < turns; turn += 1) {
    const status = await backend.poll(remoteId, request, backendContext({ ...job, epoch: fromEpoch + turn }));
    statuses.push(status);
    if (status.kind !== "running") break;
    if (status.pollMs > 1) await new Promise((resolve) => setTimeout(resolve, Math.min(status.pollMs, 1_000)));
  }
  return statuses;
}
