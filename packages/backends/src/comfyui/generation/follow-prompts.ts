import { PermanentError, TransientError, UserError } from "@loramill/contracts";
import type { ComfyUiClient } from "../client.ts";
import { errorOfExecution } from "../execution-error.ts";
import type { PromptEnd } from "../prompt-end.ts";
import { plannedFor, promptIdFor, type Turn } from "./generation-deps.ts";
import type { ItemRecord } from "./generation-record.ts";
import { keepPreview } from "./keep-previews.ts";
import { prefixOf, refuse, sendAgain } from "./send-prompts.ts";
import { tryServer } from "./silent-servers.ts";
import { takeOutputs } from "./take-outputs.ts";

/** Tries beyond the first: after running out of memory, after a failure that may pass, and after what nobody meant. */
const OUT_OF_MEMORY_TRIES = 1;
const FAILURE_TRIES = 2;
const LOSS_TRIES = 5;
const SHOWN_TRACEBACK = 10;

/** Looks at every prompt that was sent: the server's word is the truth, whatever the sockets said or did not say. */
export async function followPrompts(turn: Turn): Promise<void> {
  const looks = turn.clients.map(async (client) => {
    const own = turn.record.items.filter(({ state, server }) => state === "sent" && server === client.name);
    if (own.length === 0) return;
    await tryServer(turn, client, async () => {
      const running: ItemRecord[] = [];
      for (const item of own) if (await follow(turn, item, client)) running.push(item);
      if (running.length > 0) await sampleMemory(turn, running, client);
    });
  });
  // All of them, whatever one has thrown: each writes the record, which nobody may do when the turn is over.
  const failed = (await Promise.allSettled(looks)).find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
  releaseForeign(turn);
}

/** Items of a server that was taken out of the configuration go to others. */
function releaseForeign(turn: Turn): void {
  for (const { index, state, server } of turn.record.items) {
    if (state !== "sent" || turn.clients.some(({ name }) => name === server)) continue;
    turn.context.onLog(`item ${index} was sent to ${server}, which is not configured any more: it is sent elsewhere`);
    turn.change(index, { state: "waiting", server: null, startedAt: null, heldSeconds: 0 });
  }
}

/** Answers whether the server works on it now. */
async function follow(turn: Turn, item: ItemRecord, client: ComfyUiClient): Promise<boolean> {
  const { context, watches } = turn;
  const id = promptIdFor(turn, item);
  const state = await client.prompts.find(id, context.signal);
  switch (state.kind) {
    case "pending":
      watches.look(id, client);
      return false;
    case "running":
      return run(turn, item, { client, startedAt: state.startedAt });
    case "succeeded":
      await settle(turn, item, client, state);
      break;
    case "failed":
      await fail(turn, item, client, state);
      break;
    case "interrupted":
      note(turn, item, state.seconds);
      again(turn, item, LOSS_TRIES, { code: "interrupted", message: `somebody stopped it on ${client.name}` });
      break;
    case "absent":
      await lose(turn, item, client);
      break;
  }
  return false;
}

async function run(
  turn: Turn,
  item: ItemRecord,
  { client, startedAt }: { readonly client: ComfyUiClient; readonly startedAt: Date | null },
): Promise<boolean> {
  const { clock, options, context, watches } = turn;
  const id = promptIdFor(turn, item);
  const { counted, preview, complaint } = watches.look(id, client);
  if (counted !== null) context.onProgress({ item: item.index, step: counted.value, steps: counted.max });
  if (complaint !== null) context.onLog(`${client.name} sent ${complaint} for item ${item.index}: not shown`);
  if (preview !== null) await keepPreview(turn, item, preview);
  const since = item.startedAt ?? (startedAt ?? clock.now()).toISOString();
  const heldSeconds = Math.max(item.heldSeconds, (clock.now().getTime() - Date.parse(since)) / 1000);
  const seen = turn.change(item.index, { startedAt: since, heldSeconds });
  if (heldSeconds <= options.generationTimeoutSeconds) return true;
  // One that has just ended is settled by the next look.
  if ((await client.prompts.cancel(id, context.signal)) === "already-ended") return false;
  const end = await client.prompts.find(id, context.signal);
  note(turn, seen, "seconds" in end ? end.seconds : null);
  refuse(turn, seen, "generation-timeout", `${client.name} has worked on it for ${Math.round(heldSeconds)} s: stopped`);
  return false;
}

/** The most that was taken while it ran; null where nobody was told. */
async function sampleMemory(turn: Turn, running: readonly ItemRecord[], client: ComfyUiClient): Promise<void> {
  const { usedVramBytes } = await client.system(turn.context.signal);
  if (usedVramBytes === null) return;
  for (const { index, peakVramBytes } of running) {
    turn.change(index, { peakVramBytes: Math.max(peakVramBytes ?? 0, usedVramBytes) });
  }
}

async function settle(
  turn: Turn,
  item: ItemRecord,
  client: ComfyUiClient,
  state: Extract<PromptEnd, { kind: "succeeded" }>,
): Promise<void> {
  const { finished, stores, tools, context } = turn;
  const seconds = note(turn, item, state.seconds);
  if ((await finished.find(item.key)) === null) {
    const planned = plannedFor(turn, item);
    const built = planned.build(prefixOf(promptIdFor(turn, item)));
    const { peakVramBytes } = item;
    const made = { spec: planned.item.spec, built, outputs: state.outputs, seconds, peakVramBytes };
    try {
      const files = await takeOutputs(made, { client, stores, tools, signal: context.signal });
      await finished.put(item.key, files);
    } catch (error) {
      // It was remembered by the server, and somebody has cleared its files away.
      if (!(error instanceof PermanentError) || !["file-missing", "no-output"].includes(error.code)) throw error;
      return again(turn, item, FAILURE_TRIES, error);
    }
  }
  turn.change(item.index, { state: "done" });
}

/** A server that ran out of memory is emptied, so that the next try has all of the card. */
async function fail(
  turn: Turn,
  item: ItemRecord,
  client: ComfyUiClient,
  { failure, seconds }: Extract<PromptEnd, { kind: "failed" }>,
): Promise<void> {
  const { context, loaded } = turn;
  note(turn, item, seconds);
  for (const line of failure.traceback.slice(-SHOWN_TRACEBACK)) context.onLog(line.trimEnd());
  const error = errorOfExecution(failure, client.name);
  if (error.code === "out-of-memory") {
    await client.free(context.signal);
    await loaded.note(client.name, null);
    return again(turn, item, OUT_OF_MEMORY_TRIES, error);
  }
  refuseLora(turn, item, failure, client);
  if (error instanceof TransientError) return again(turn, item, FAILURE_TRIES, error);
  refuse(turn, item, error.code, error.message);
}

/** A node that loads a LoRA and cannot: UserError `lora-unloadable` with what the spec calls it. */
function refuseLora(
  turn: Turn,
  item: ItemRecord,
  failure: { readonly node: string; readonly nodeType: string; readonly message: string },
  client: ComfyUiClient,
): void {
  const planned = plannedFor(turn, item);
  const name = planned.build(prefixOf(promptIdFor(turn, item))).graph[failure.node]?.inputs.lora_name;
  const lora = planned.loras.find(({ filename }) => filename === name);
  if (lora === undefined) return;
  turn.change(item.index, { state: "waiting", server: null });
  throw new UserError(`ComfyUI at ${client.name} cannot load the LoRA ${lora.name}: ${failure.message.slice(0, 300)}`, {
    code: "lora-unloadable",
    details: { lora: lora.called },
  });
}

/** It never arrived, or the server was started again and has forgotten it. */
async function lose(turn: Turn, item: ItemRecord, client: ComfyUiClient): Promise<void> {
  const { finished, context, loaded } = turn;
  if ((await finished.find(item.key)) !== null) {
    note(turn, item, null);
    turn.change(item.index, { state: "done" });
    return;
  }
  if (item.failures >= LOSS_TRIES) {
    return refuse(turn, item, "lost", `${client.name} has lost it ${item.failures} times: look in its log`);
  }
  context.onLog(`${client.name} does not know prompt ${promptIdFor(turn, item)}: it is sent again`);
  await loaded.note(client.name, null);
  const mark = `${promptIdFor(turn, item)}/${item.failures}`;
  if (item.heldSeconds > 0) turn.update({ seconds: { ...turn.record.seconds, [mark]: item.heldSeconds } });
  const lost = turn.change(item.index, { failures: item.failures + 1, startedAt: null, heldSeconds: 0 });
  await sendAgain(turn, lost, client);
}

/** Notes how long the prompt that is over held its server; answers the seconds. */
function note(turn: Turn, item: ItemRecord, told: number | null): number {
  const id = promptIdFor(turn, item);
  turn.watches.forget(id);
  const seconds = told ?? item.heldSeconds;
  turn.update({ seconds: { ...turn.record.seconds, [id]: seconds } });
  return seconds;
}

/** Another prompt for it, on whatever server, until it has failed too often. */
function again(
  turn: Turn,
  item: ItemRecord,
  tries: number,
  { code, message }: { readonly code: string; readonly message: string },
): void {
  if (item.failures >= tries) {
    refuse(turn, item, code, message);
    return;
  }
  turn.context.onLog(`item ${item.index} is tried again: ${message}`);
  const failures = item.failures + 1;
  turn.change(item.index, { state: "waiting", server: null, startedAt: null, heldSeconds: 0, failures });
}
