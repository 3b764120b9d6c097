import { type BackendContext, type TrainingRequest, type TrainingStatus, TransientError } from "@loramill/contracts";
import type { ComfyUiClient } from "./client.ts";
import { collectSamples } from "./collect-samples.ts";
import { errorOfExecution } from "./execution-error.ts";
import { openKeptDatasets } from "./kept-dataset.ts";
import type { PromptEnd } from "./prompt-end.ts";
import type { PromptState } from "./prompts.ts";
import { findTrained } from "./trained-file.ts";
import { clientOf, type TrainingDeps } from "./training-deps.ts";
import type { ComfyUiRecord } from "./training-record.ts";
import { chargesOf, meterOf, progressOf } from "./training-report.ts";

/** A look nearer than this to the expected end would be wasted. */
const SHORTEST_POLL_MS = 200;
const SHOWN_TRACEBACK = 20;
/** How long a server may be away, and how seldom it is asked then. */
const PATIENCE_MS = 600_000;
const LONGEST_POLL_MS = 30_000;

/** One look at a training: the record, the server's word on the prompt, and at its end the file. */
export async function pollTraining(
  remoteId: string,
  request: TrainingRequest,
  context: BackendContext,
  deps: TrainingDeps,
): Promise<TrainingStatus> {
  const record = await deps.records.find(context.job);
  if (record === null || record.promptId !== remoteId) return { kind: "lost" };
  if (record.state === "cancelled") return { kind: "cancelled", charges: chargesOf(record, deps.options.usdPerHour) };
  if (record.state === "failed" || record.state === "lost") return { kind: "lost" };
  const turn: Turn = { ...deps, record, request, context, client: clientOf(record, deps.clients) };
  try {
    return await look(turn);
  } catch (error) {
    return waitForServer(error, turn);
  }
}

async function look(before: Turn): Promise<TrainingStatus> {
  const { context, client, records } = before;
  const state = await client.prompts.find(before.record.promptId, context.signal);
  const turn: Turn = { ...before, record: { ...before.record, silentSince: null } };
  const { record } = turn;
  if (before.record.silentSince !== null) await records.write(context.job, record);
  switch (state.kind) {
    case "pending":
      return running(turn, null);
    case "running":
      return follow(state, turn);
    case "failed":
      return fail(state, turn);
    case "interrupted":
      if (await isSaved(turn)) return settleWithoutSamples(state, "somebody stopped the drawing of samples", turn);
      context.onLog(`somebody stopped prompt ${record.promptId} on ${client.name}`);
      await leave(turn, "lost", state.seconds);
      return { kind: "lost" };
    case "succeeded":
    case "absent":
      return settle(state, turn);
  }
}

/**
 * A server that does not answer may train on: for some minutes that is no failure, which would spend one of the few
 * attempts that a job of many hours has. After that the error is thrown.
 */
async function waitForServer(error: unknown, turn: Turn): Promise<TrainingStatus> {
  const { record, context, clock, records, options } = turn;
  const now = clock.now();
  const silentSince = record.silentSince ?? now.toISOString();
  const silentMs = now.getTime() - Date.parse(silentSince);
  if (!(error instanceof TransientError) || context.signal.aborted || silentMs > PATIENCE_MS) throw error;
  context.onLog(`${error.message}; it is asked again`);
  if (record.silentSince === null) await records.write(context.job, { ...record, silentSince });
  const pollMs = Math.max(options.pollMs, Math.min(LONGEST_POLL_MS, error.retryAfterMs ?? silentMs / 4));
  return { kind: "running", progress: progressOf(record, turn.request, null), pollMs, checkpoints: [], charges: [] };
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
  if (record.startedAt === null) context.onLog(`prompt ${record.promptId} runs on ${client.name}`);
  const now = clock.now();
  const startedAt = record.startedAt ?? (state.startedAt ?? now).toISOString();
  const seconds = Math.max((now.getTime() - Date.parse(startedAt)) / 1000, secondsOf(record));
  // Another process may have seen more.
  const step = Math.min(request.recipe.steps, Math.max(record.step, watch.step()));
  const next = { ...record, startedAt, step, seconds: { ...record.seconds, [record.promptId]: seconds } };
  await turn.records.write(context.job, next);
  return running({ ...turn, record: next }, watch.stepsPerSecond());
}

function running({ record, request, options }: Turn, stepsPerSecond: number | null): TrainingStatus {
  const progress = progressOf(record, request, stepsPerSecond);
  // The last look comes about when the training ends.
  const left = progress.etaSeconds === null ? options.pollMs : progress.etaSeconds * 1000;
  const pollMs = Math.round(Math.min(options.pollMs, Math.max(SHORTEST_POLL_MS, left)));
  const charges = chargesOf(record, options.usdPerHour);
  const answer = { kind: "running", progress, pollMs, checkpoints: [], charges } as const;
  return options.usdPerHour === 0 ? answer : { ...answer, meter: meterOf(record, options.usdPerHour) };
}

/**
 * A server that ran out of memory is emptied, so that the next try has all of the card. What fails once the file is saved
 * was a picture of it, which is done without.
 */
async function fail({ failure, seconds }: Extract<PromptEnd, { kind: "failed" }>, turn: Turn): Promise<TrainingStatus> {
  const { context, client, options } = turn;
  for (const line of failure.traceback.slice(-SHOWN_TRACEBACK)) context.onLog(line.trimEnd());
  if (await isSaved(turn)) {
    return settleWithoutSamples({ seconds }, `no samples: ${failure.nodeType}: ${failure.message}`, turn);
  }
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

const isSaved = async ({ client, record, context }: Turn): Promise<boolean> =>
  (await findTrained(client, record, context.signal)) !== null;

/** The training is over, and what came after it did not get to its end. */
function settleWithoutSamples(
  { seconds }: { readonly seconds: number | null },
  why: string,
  turn: Turn,
): Promise<TrainingStatus> {
  turn.context.onLog(why);
  return settle({ kind: "succeeded", outputs: [], seconds, isCached: false }, turn);
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
    const word =
      state.kind === "absent" ? "does not know prompt" : state.isCached ? "only remembers prompt" : "has run prompt";
    context.onLog(`${client.name} ${word} ${record.promptId} and has no file of it: it is sent again`);
    await leave(turn, "lost", told);
    return { kind: "lost" };
  }
  const seconds = Math.max(told ?? 0, secondsOf(record));
  const isNew = record.state !== "ended";
  const outputs = state.kind === "succeeded" ? state.outputs : [];
  const { stores } = turn;
  const samples = isNew ? await collectSamples(outputs, request.recipe, { client, stores, context }) : [];
  const ended: ComfyUiRecord = {
    ...record,
    state: "ended",
    samples: isNew ? samples : record.samples,
    step: request.recipe.steps,
    seconds: { ...record.seconds, [record.promptId]: seconds },
  };
  if (isNew) {
    if (record.kept !== null) await openKeptDatasets(turn.stores).note(record.server, record.kept, true);
    await turn.records.write(context.job, ended);
    const losses = outputs.filter(({ type }) => type === "temp");
    const drawn = losses.map(({ filename }) => `, its losses are drawn in ${filename}`).join("");
    context.onLog(`${file.filename} is saved on ${client.name}${drawn}`);
  }
  turn.watches.forget(record.promptId);
  const charges = chargesOf(ended, options.usdPerHour);
  return { kind: "succeeded", progress: progressOf(ended, request, null), checkpoints: [], samples, charges };
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
