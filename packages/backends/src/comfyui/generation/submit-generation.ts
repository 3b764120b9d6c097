import { type BackendContext, digestOf, type GenerationRequest, previewKey, UserError } from "@loramill/contracts";
import { framesPerSecond } from "../../clips/clip-frames.ts";
import { fetchTo, withWorkFolder } from "../../clips/work-folder.ts";
import { checkRequest } from "./check-request.ts";
import { type GenerationDeps, openTurn, type Turn } from "./generation-deps.ts";
import { type GenerationRecord, type ItemRecord, newItem, promptOf } from "./generation-record.ts";
import { itemKey, type PlannedItem, planItem } from "./plan-item.ts";
import { sendPrompts } from "./send-prompts.ts";
import type { KnownServer } from "./server-knowledge.ts";

export const remoteIdOf = (marker: string): string => `comfyui-${digestOf(marker).slice(0, 24)}`;

/**
 * Begins a job, or goes on with what was begun before under the same marker: every item keeps the prompt that was sent
 * for it, unless it is another item by now, such as one that goes on without a LoRA. What was made before, by whichever
 * job, is not made again.
 */
export async function submitGeneration(
  request: GenerationRequest,
  context: BackendContext,
  deps: GenerationDeps,
): Promise<{ remoteId: string }> {
  await refuseImpossible(request, context, deps);
  const remoteId = remoteIdOf(request.marker);
  const found = await deps.records.find(context.job);
  const before = found?.remoteId === remoteId ? found : null;
  const engine = await deps.knowledge.version();
  const items: ItemRecord[] = [];
  for (const item of request.items) {
    const key = itemKey(item, engine);
    const old = before?.items.find(({ index }) => index === item.index);
    const next = before !== null && old?.key === key ? reopened(old, before) : newItem(item.index, key, old?.attempt);
    const isMade = next.state === "waiting" && (await deps.finished.find(key)) !== null;
    items.push(isMade ? { ...next, state: "done" } : next);
  }
  const seconds = before?.seconds ?? {};
  const { reloadsSaved = 0, silentSince = {} } = before ?? {};
  const { marker } = request;
  const record: GenerationRecord = { marker, remoteId, state: "open", items, seconds, reloadsSaved, silentSince };
  await withdraw(before, items, request, context, deps);
  await deps.records.write(context.job, record);
  const turn = openTurn(record, request, { planned: await planItems(request, context, deps), context }, deps);
  await sendPrompts(turn);
  await turn.save();
  return { remoteId };
}

/** What was refused gets another chance; what was cancelled lies no longer on its server. */
function reopened(item: ItemRecord, { state }: GenerationRecord): ItemRecord {
  const isGone = state === "cancelled" && item.state === "sent";
  return isGone || item.state === "refused" ? newItem(item.index, item.key, item.attempt) : item;
}

/** Prompts of items that have changed are taken back. */
async function withdraw(
  before: GenerationRecord | null,
  items: readonly ItemRecord[],
  { marker }: GenerationRequest,
  { signal, job }: BackendContext,
  { clients, stores }: GenerationDeps,
): Promise<void> {
  if (before === null || before.state === "cancelled") return;
  for (const old of before.items) {
    const isKept = items.some(({ index, key }) => index === old.index && key === old.key);
    const client = clients.find(({ name }) => name === old.server);
    if (isKept) continue;
    if (old.state === "sent") await client?.prompts.cancel(promptOf(marker, old), signal);
    if (old.previewAt !== null) await stores.objects.delete(previewKey(job, old.index));
  }
}

/** What was installed a moment ago counts: a problem is one only after another look at the servers. */
async function refuseImpossible(
  request: GenerationRequest,
  context: BackendContext,
  deps: GenerationDeps,
): Promise<void> {
  const before = findProblem(request, await lookAtAll(context, deps));
  if (before === null) return;
  const problem = findProblem(request, await lookAtAll(context, deps, 0));
  if (problem === null) return;
  const { index, field, message } = problem;
  throw new UserError(`item ${index}: ${field}: ${message}`, { code: "impossible-request", details: { field } });
}

function findProblem({ items }: GenerationRequest, known: readonly KnownServer[]) {
  for (const { index, spec } of items) {
    const problem = checkRequest(spec, known).find(({ severity }) => severity === "error");
    if (problem !== undefined) return { index, ...problem };
  }
  return null;
}

/** Nothing while one of them is away, which may have what the others lack. Throws where none of them answers. */
async function lookAtAll(
  { signal }: BackendContext,
  { clients, knowledge }: GenerationDeps,
  maxAgeMs?: number,
): Promise<readonly KnownServer[]> {
  const looks = await Promise.allSettled(clients.map((client) => knowledge.look(client, signal, maxAgeMs)));
  signal.throwIfAborted();
  const refused = looks.find((look) => look.status === "rejected");
  if (refused === undefined) return knowledge.recent();
  if (looks.every(({ status }) => status === "rejected")) throw refused.reason;
  return [];
}

export async function planItems(
  { items, marker }: GenerationRequest,
  context: BackendContext,
  deps: GenerationDeps,
): Promise<Turn["planned"]> {
  const planned = new Map<number, PlannedItem>();
  for (const item of items) {
    const clip = item.spec.kind === "interpolate" && item.spec.fps === undefined ? item.spec.clip : null;
    const fps = clip === null ? {} : { [clip]: await fpsOf(item.inputs[clip], context, deps) };
    planned.set(item.index, planItem(item, marker, fps));
  }
  return planned;
}

/** How fast a clip is decides the graph that makes it faster. */
async function fpsOf(
  clip: { readonly sha256: string } | undefined,
  { signal }: BackendContext,
  { stores, tools }: GenerationDeps,
): Promise<number> {
  if (clip === undefined) throw new TypeError("the request lacks the clip");
  return withWorkFolder(async (folder) =>
    framesPerSecond(await tools.look(await fetchTo(`${folder}/clip`, clip, stores.blobs, signal), signal)),
  );
}
