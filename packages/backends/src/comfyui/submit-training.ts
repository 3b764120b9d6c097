import type { BackendContext, TrainingRequest } from "@loramill/contracts";
import { chooseServer } from "./choose-server.ts";
import type { ComfyUiClient } from "./client.ts";
import { prepareTraining } from "./prepare-training.ts";
import { findTrained } from "./trained-file.ts";
import { clientOf, type TrainingDeps } from "./training-deps.ts";
import { type ComfyUiRecord, filePrefix, promptIdOf } from "./training-record.ts";

/** The prompt of this marker where its server has it, or the file it saved; null when nothing came of the intent. */
export async function findTraining(
  marker: string,
  context: BackendContext,
  { records, clients }: TrainingDeps,
): Promise<string | null> {
  const record = await records.find(context.job);
  if (record === null || record.marker !== marker || !isWanted(record)) return null;
  const client = clientOf(record, clients);
  const { kind } = await client.prompts.find(record.promptId, context.signal);
  if (kind === "absent" && (await findTrained(client, record, context.signal)) === null) return null;
  return record.promptId;
}

/**
 * Starts a training, or goes on with the one that was started before under the same marker: found by the id of its prompt
 * on the server that the record names.
 */
export async function submitTraining(
  request: TrainingRequest,
  context: BackendContext,
  deps: TrainingDeps,
): Promise<{ remoteId: string }> {
  const found = await findTraining(request.marker, context, deps);
  const record = await deps.records.find(context.job);
  const before = record?.marker === request.marker ? record : null;
  if (before !== null && found !== null) {
    context.onLog(`the training goes on as prompt ${found} on ${before.server}`);
    if (before.state === "intent") await deps.records.write(context.job, { ...before, state: "open" });
    return { remoteId: found };
  }
  // It never arrived, or the server was started again: the same prompt is sent once more.
  if (before !== null && isWanted(before)) {
    return send(clientOf(before, deps.clients), before, request, context, deps);
  }
  return begin(before, request, context, deps);
}

const isWanted = ({ state }: ComfyUiRecord): boolean => state === "intent" || state === "open" || state === "ended";

/** A prompt and a file of new names, on the server that has time. */
async function begin(
  before: ComfyUiRecord | null,
  request: TrainingRequest,
  context: BackendContext,
  deps: TrainingDeps,
): Promise<{ remoteId: string }> {
  const client = await chooseServer(deps.clients, deps.options.maxJobs, context.signal);
  const attempt = (before?.attempt ?? 0) + 1;
  const planned: ComfyUiRecord = {
    marker: request.marker,
    server: client.name,
    promptId: promptIdOf(request.marker, attempt),
    attempt,
    state: "intent",
    steps: request.recipe.steps,
    trainNode: "",
    kept: null,
    changes: [],
    samples: [],
    startedAt: null,
    step: 0,
    silentSince: null,
    seconds: before?.seconds ?? {},
  };
  return send(client, planned, request, context, deps);
}

/** Prepares the server, notes what is about to be sent, and sends it. */
async function send(
  client: ComfyUiClient,
  planned: ComfyUiRecord,
  request: TrainingRequest,
  context: BackendContext,
  { stores, records, watches, models }: TrainingDeps,
): Promise<{ remoteId: string }> {
  const { promptId } = planned;
  const prefix = filePrefix(promptId);
  const { graph, trainNode, kept, changes } = await prepareTraining(request, prefix, {
    client,
    stores,
    models,
    context,
  });
  const record: ComfyUiRecord = { ...planned, state: "intent", trainNode, kept, changes: [...changes] };
  await records.write(context.job, record);
  // Heard from the start, because a server repeats nothing.
  watches.of(record, request, client).keep();
  const prompt = { id: promptId, clientId: promptId, graph, owner: request.marker };
  await client.prompts.submit(prompt, context.signal);
  await records.write(context.job, { ...record, state: "open" });
  context.onLog(`sent to ${client.name} as prompt ${promptId}`);
  return { remoteId: promptId };
}
