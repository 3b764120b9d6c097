import type { BackendContext, TrainingRequest, TrainingStatus } from "@loramill/contracts";
import type { ComfyUiClient } from "./client.ts";
import { errorOfExecution } from "./execution-error.ts";
import { openKeptDatasets } from "./kept-dataset.ts";
import type { PromptEnd } from "./prompt-end.ts";
import type { PromptState } from "./prompts.ts";
import { findTrained } from "./trained-file.ts";
import { clientOf, type TrainingDeps } from "./training-deps.ts";
import type { ComfyUiRecord } from "./training-record.ts";
import { chargesOf, progressOf } from "./training-report.ts";

/** A look nearer than this to the expected end would be wasted. */
const SHORTEST_POLL_MS = 200;
const SHOWN_TRACEBACK = 20;

/** One look at a training: the record, the server's word on the prompt, and at its end the file. */
export async function pollTraining(
  remoteId: string,
  request: TrainingRequest,
  context: BackendContext,
  deps: TrainingDeps,
): Promise<TrainingStatus> {
  const record = await deps.records.find(context.job);
  if (record === null || record.promptId !== remoteId) return { kind: "lost" };
  if (record.state === "cancelled") return { kind: "cancelled" };
  if (record.state === "failed" || record.state === "lost") return { kind: "lost" };
  const client = clientOf(record, deps.clients);
  const turn: Turn = { ...deps, record, request, context, client };
  const state = await client.prompts.find(remoteId, context.signal);
  switch (state.kind) {
    case "pending":
      context.onLog(`prompt ${remoteId} waits behind ${state.ahead} on ${client.name}`);
      return running(record, turn, null);
    case "running":
      return follow(state, turn);
    case "failed":
      return fail(state, turn);
    case "interrupted":
      context.onLog(`somebody stopped prompt ${remoteId} on ${client.name}`);
      await leave(turn, "lost", state.seconds);
      return { kind: "lost" };
    case "succeeded":
    case "absent":
      return settle(state, turn);
  }
}

interface Turn extends TrainingDeps {
  readonly record: ComfyUiRecord;
  readonly request: TrainingRequest;
  readonly context: BackendContext;
  readonly client: ComfyUiClient;
}

/** Takes what the socket has told. */
async function follow(state: Extract<PromptState, { kind: "running" }>, turn: Turn): Promise<TrainingStatus> {
  const { record, request, context, client, clock } = turn;
  const watch = turn.watches.of(record, request, client);
  watch.keep();
  const now = clock.now();
  const startedAt = record.startedAt ?? (state.startedAt ?? now).toISOString();
  const seconds = Math.max((now.getTime() - Date.parse(startedAt)) / 1000, secondsOf(record));
  // Another process may have seen more.
  const step = Math.min(request.recipe.steps, Math.max(record.step, watch.step()));
  const next = { ...record, startedAt, step, seconds: { ...record.seconds, [record.promptId]: seconds } };
  await turn.records.write(context.job, next);
  return running(next, turn, watch.stepsPerSecond());
}

function running(record: ComfyUiRecord, turn: Turn, stepsPerSecond: number | null): TrainingStatus {
  const { request, options } = turn;
  const progress = progressOf(record, request, stepsPerSecond);
  // The last look comes about when the training ends.
  const left = progress.etaSeconds === null ? options.pollMs : progress.etaSeconds * 1000;
  const pollMs = Math.round(Math.min(options.pollMs, Math.max(SHORTEST_POLL_MS, left)));
  return { kind: "running", progress, pollMs, checkpoints: [], charges: chargesOf(record, options.usdPerHour) };
}

/** A server that ran out of memory is emptied, so that the next try has all of the card. */
async function fail({ failure, seconds }: Extract<PromptEnd, { kind: "failed" }>, turn: Turn): Promise<TrainingStatus> {
  const { context, client, options } = turn;
  for (const line of failure.traceback.slice(-SHOWN_TRACEBACK)) context.onLog(line.trimEnd());
  const { server, kept } = turn.record;
  if (failure.nodeType === "LoadTrainingDataset" && kept !== null) {
    // What it kept cannot be read: the next try encodes the pictures again.
    await openKeptDatasets(turn.stores).note(server, kept, false);
  }
  const error = errorOfExecution(failure, client.name);
  if (error.code === "out-of-memory") await client.free(context.signal);
  const left = await leave(turn, "failed", seconds);
  return { kind: "failed", error, charges: chargesOf(left, options.usdPerHour) };
}

/**
 * Over, or forgotten: the file decides. A server that was started again after it had saved the file has forgotten the
 * prompt, and one that remembered every node of it may have lost the file.
 */
async function settle(
  state: Extract<PromptState, { kind: "succeeded" | "absent" }>,
  turn: Turn,
): Promise<TrainingStatus> {
  const { record, request, context, client, options } = turn;
  const told = state.kind === "succeeded" ? state.seconds : null;
  const file = await findTrained(client, record, context.signal);
  if (file === null) {
    context.onLog(`${client.name} has neither prompt ${record.promptId} nor its file (any more)`);
    await leave(turn, "lost", told);
    return { kind: "lost" };
  }
  const seconds = Math.max(told ?? 0, secondsOf(record));
  const ended: ComfyUiRecord = {
    ...record,
    state: "ended",
    step: request.recipe.steps,
    seconds: { ...record.seconds, [record.promptId]: seconds },
  };
  if (record.state !== "ended") {
    if (record.kept !== null) await openKeptDatasets(turn.stores).note(record.server, record.kept, true);
    await turn.records.write(context.job, ended);
    context.onLog(`${file.filename} is saved on ${client.name}`);
  }
  turn.watches.forget(record.promptId);
  const charges = chargesOf(ended, options.usdPerHour);
  return { kind: "succeeded", progress: progressOf(ended, request, null), checkpoints: [], charges };
}

/** Has done with a prompt that gives nothing; the time it took stays known. */
async function leave(
  { record, context, records, watches }: Turn,
  state: "failed" | "lost",
  told: number | null,
): Promise<ComfyUiRecord> {
  watches.forget(record.promptId);
  const seconds = { ...record.seconds, [record.promptId]: Math.max(told ?? 0, secondsOf(record)) };
  const left: ComfyUiRecord = { ...record, state, step: 0, startedAt: null, seconds };
  await records.write(context.job, left);
  return left;
}

const secondsOf = ({ seconds, promptId }: ComfyUiRecord): number => seconds[promptId] ?? 0;
