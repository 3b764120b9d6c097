import { PermanentError, TransientError, UserError } from "@loramill/contracts";
import { checkGraph, type NodeClasses } from "@loramill/graphs";
import type { ComfyUiClient } from "../client.ts";
import { fitGraph } from "../fit-graph.ts";
import { plannedFor, promptIdFor, type Turn } from "./generation-deps.ts";
import type { ItemRecord } from "./generation-record.ts";
import { placeItems, type Slots } from "./place-items.ts";
import type { PlannedItem } from "./plan-item.ts";
import { type Lack, lacksOf } from "./server-knowledge.ts";
import { isGivenUp, tryServer } from "./silent-servers.ts";
import { uploadInputs } from "./upload-inputs.ts";

/** Prompts of a job on one server: one that it works on, and one behind it so that it never stands still. */
const PER_SERVER = 2;
const MAX_MESSAGE = 400;

interface Server extends Slots {
  readonly client: ComfyUiClient;
  readonly classes: NodeClasses;
}

/**
 * Sends waiting items to the servers that have room and everything they need, those with their models loaded first. The
 * record says what is sent before it is. UserError `lora-unloadable` where a server does not take a LoRA; an item that
 * no server can make is refused, and those of a server that does not answer wait.
 */
export async function sendPrompts(turn: Turn): Promise<void> {
  const waiting = turn.record.items.filter(({ state }) => state === "waiting");
  if (waiting.length === 0) return;
  const answers = await Promise.all(turn.clients.map((client) => tryServer(turn, client, () => look(client, turn))));
  const servers = answers.flatMap((server) => server ?? []);
  const lacks = new Map(servers.map(({ server, classes }) => [server, lackFinder(classes)]));
  const can = (server: string, { planned }: { readonly planned: PlannedItem }) =>
    lacks.get(server)?.(planned).length === 0;
  const open = waiting.map((item) => {
    const planned = plannedFor(turn, item);
    return { item, planned, load: planned.load };
  });
  // A server that is away for a moment may have what the others lack.
  if (turn.clients.every(({ name }) => lacks.has(name) || isGivenUp(turn, name))) {
    for (const one of open.filter((each) => servers.every(({ server }) => !can(server, each)))) {
      refuseLacking(
        turn,
        one.item,
        servers.map(({ server }) => lacks.get(server)?.(one.planned) ?? []),
      );
    }
  }
  for (const { item, server, isLoaded } of placeItems(open, servers, can)) {
    const to = servers.find((each) => each.server === server);
    if (to === undefined || turn.record.silentSince[server] !== undefined) continue;
    await tryServer(turn, to.client, () => send(turn, item.item, { ...to, isLoaded }));
  }
}

/** Sends the prompt of an item once more, under its id: it never arrived, or its server was started again. */
export async function sendAgain(turn: Turn, item: ItemRecord, client: ComfyUiClient): Promise<void> {
  const classes = await turn.knowledge.look(client, turn.context.signal, 0);
  turn.placer.forget(client);
  await guarded(turn, item, () => submit(turn, item, { client, classes }));
}

async function look(client: ComfyUiClient, turn: Turn): Promise<Server> {
  const { signal } = turn.context;
  const own = turn.record.items.filter(({ state, server }) => state === "sent" && server === client.name).length;
  const queued = await client.prompts.queued(signal);
  const room = Math.max(PER_SERVER, turn.options.maxJobs + 1) - queued;
  return {
    client,
    server: client.name,
    classes: await turn.knowledge.look(client, signal),
    free: Math.max(0, Math.min(PER_SERVER - own, room)),
    isIdle: queued === 0,
    loaded: await turn.loaded.find(client.name),
  };
}

/** What a server lacks for an item; each item's graph is looked at once. */
function lackFinder(classes: NodeClasses): (planned: PlannedItem) => readonly Lack[] {
  const known = new Map<PlannedItem, readonly Lack[]>();
  return (planned) => {
    const found = known.get(planned) ?? lacksOf(planned, classes);
    known.set(planned, found);
    return found;
  };
}

function refuseLacking(turn: Turn, item: ItemRecord, lacks: readonly (readonly Lack[])[]): void {
  const [best = []] = lacks.toSorted((a, b) => a.length - b.length);
  const code = best.some(({ kind }) => kind === "node") ? "nodes-missing" : "models-missing";
  refuse(turn, item, code, `No ComfyUI server can make it: ${best.map(({ message }) => message).join("; ")}`);
}

export function refuse(turn: Turn, { index }: ItemRecord, code: string, message: string): void {
  turn.context.onLog(`item ${index} is not made: ${message}`);
  turn.change(index, { state: "refused", refusal: { code, message: message.slice(0, MAX_MESSAGE) } });
}

async function send(turn: Turn, item: ItemRecord, to: Server & { readonly isLoaded: boolean }): Promise<void> {
  const attempt = item.attempt + 1;
  const next = { ...item, attempt, server: to.server, startedAt: null, heldSeconds: 0 };
  await guarded(turn, item, () => submit(turn, next, to));
  if (turn.record.items.find(({ index }) => index === item.index)?.state !== "sent") return;
  if (to.isLoaded) turn.update({ reloadsSaved: turn.record.reloadsSaved + 1 });
}

/** What is wrong with one item ends that item alone. */
async function guarded(turn: Turn, item: ItemRecord, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof TransientError) throw error;
    const isOwn = error instanceof UserError || error instanceof PermanentError;
    if (!isOwn || !["graph-refused", "impossible-request"].includes(error.code)) throw error;
    refuse(turn, item, error.code, error.message);
  }
}

/** Makes a server ready for a prompt, notes that it is about to be sent, and sends it. */
async function submit(
  turn: Turn,
  item: ItemRecord,
  { client, classes }: { readonly client: ComfyUiClient; readonly classes: NodeClasses },
): Promise<void> {
  const { context, request } = turn;
  const { signal } = context;
  const planned = plannedFor(turn, item);
  const id = promptIdFor(turn, item);
  await uploadInputs(planned.inputs, { client, stores: turn.stores, signal });
  for (const lora of planned.loras) await turn.placer.place(lora, client, signal);
  const graph = fitGraph(planned.build(prefixOf(id)).graph, classes);
  refuseIssues(graph, planned, classes, client.name);
  turn.change(item.index, { ...item, state: "sent" });
  await turn.save();
  await turn.loaded.note(client.name, planned.load);
  // Heard from the start, because a server repeats nothing.
  turn.watches.look(id, client);
  const previews = turn.options.previewMs !== null;
  await client.prompts.submit({ id, clientId: id, graph, owner: request.marker, previews }, signal);
  context.onLog(`item ${item.index} is sent to ${client.name} as prompt ${id}`);
}

/** Nobody else's: a server that remembers the same graph would answer with the names of older files. */
export const prefixOf = (promptId: string): string => `loramill/${promptId}`;

function refuseIssues(
  graph: ReturnType<typeof fitGraph>,
  { loras, inputs }: PlannedItem,
  classes: NodeClasses,
  server: string,
): void {
  const brought = new Set([
    ...loras.map(({ filename }) => filename),
    ...inputs.map(({ file }) => `${file.subfolder}/${file.filename}`),
  ]);
  // Lists are older than what was only just brought, and show no files in folders.
  const issues = checkGraph(graph, classes).filter(
    ({ problem, node, input }) => problem !== "not-in-list" || !brought.has(String(graph[node]?.inputs[input ?? ""])),
  );
  if (issues.length === 0) return;
  const said = issues
    .slice(0, 5)
    .map(({ message }) => message)
    .join("; ");
  throw new PermanentError(`ComfyUI at ${server} cannot run the graph: ${said}`, { code: "graph-refused" });
}
