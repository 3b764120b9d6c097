import {
  type BackendContext,
  type Charge,
  digestOf,
  type ErrorRecord,
  type GenerationRequestItem,
  type JsonObject,
  PermanentError,
  TransientError,
  toErrorRecord,
  UserError,
} from "@loramill/contracts";
import type { ItemMemory } from "./item-memory.ts";
import { type Entry, type ItemsRecord, MAX_CHARGES, type Made, type SentEntry } from "./item-record.ts";
import type { ItemService, Look } from "./item-service.ts";
import type { ItemwiseOptions, ItemwiseParts } from "./itemwise-options.ts";
import { measureOutput } from "./measure-output.ts";

/** What one poll works with. `record` is changed in place, and saved before and after everything that is paid for. */
export interface ItemTurn {
  readonly record: ItemsRecord;
  /** Items by key; equal ones are made once. */
  readonly wanted: ReadonlyMap<string, GenerationRequestItem>;
  readonly context: BackendContext;
  readonly save: () => Promise<void>;
  readonly service: ItemService;
  readonly memory: ItemMemory;
  readonly options: ItemwiseOptions;
  readonly parts: ItemwiseParts;
}

/** Failed work is asked for once more, forgotten work twice. */
const MAX_TRIES = 2;
const MAX_LOST = 3;

/** Looks at everything under way, and takes what has ended. */
export async function lookAtSent(turn: ItemTurn): Promise<void> {
  const { record, wanted, context, service } = turn;
  for (const [key, entry] of Object.entries(record.entries)) {
    if (entry.state !== "sent") continue;
    context.signal.throwIfAborted();
    const item = wanted.get(key) ?? null;
    await settle(key, entry, await service.look(entry.id, item, context.signal), turn);
  }
}

async function settle(key: string, entry: SentEntry, look: Look, turn: ItemTurn): Promise<void> {
  switch (look.kind) {
    case "waiting":
    case "running":
      return wait(key, entry, look.kind, turn);
    case "succeeded":
      note(look.charge, turn);
      // Nobody wants it any more: the job goes on without one of its LoRAs.
      if (!turn.wanted.has(key)) return change(key, null, turn);
      try {
        return await take(key, entry, look, turn);
      } catch (error) {
        if (!(error instanceof UserError || error instanceof PermanentError)) throw error;
        return fail(key, entry, error, turn);
      }
    case "failed":
      if (look.charge !== null) note(look.charge, turn);
      return fail(key, entry, look.error, turn);
    case "gone":
      return forget(key, entry, turn);
  }
}

async function wait(key: string, entry: SentEntry, seen: SentEntry["seen"], turn: ItemTurn): Promise<void> {
  const { wanted, options, parts, service, context } = turn;
  const isLate = parts.clock.now().getTime() - Date.parse(entry.askedAt) > options.timeoutMs;
  const reason = wanted.has(key) ? (isLate ? "late" : null) : "cancelled";
  if (reason !== null && entry.stopped === null) {
    await service.stop(entry.id, context.signal);
    await change(key, { ...entry, seen, stopped: reason }, turn);
  } else if (seen !== entry.seen) {
    await change(key, { ...entry, seen }, turn);
  }
}

async function take(key: string, entry: SentEntry, look: Extract<Look, { kind: "succeeded" }>, turn: ItemTurn) {
  const { context, parts, memory } = turn;
  const bytes = await look.fetch(context.signal);
  const { mediaType, ...size } = await measureOutput(bytes, parts, context.signal);
  const file = await parts.stores.blobs.put(bytes, { mediaType, bytes: bytes.length, signal: context.signal });
  const seconds = Math.max(0, (parts.clock.now().getTime() - Date.parse(entry.askedAt)) / 1000);
  const made: Made = { file, ...size, seconds };
  await memory.put(key, { made, id: entry.id, charge: look.charge });
  await change(key, { state: "made", made }, turn);
}

async function fail(key: string, entry: SentEntry, error: Error, turn: ItemTurn): Promise<void> {
  const { tries, lost, stopped } = entry;
  if (!turn.wanted.has(key)) return change(key, null, turn);
  if (stopped === "cancelled") return change(key, { state: "open", tries, lost }, turn);
  const isWorthAnother = error instanceof TransientError && stopped === null && tries + 1 < MAX_TRIES;
  if (isWorthAnother || isUnloadable(error)) {
    await change(key, { state: "open", tries: tries + 1, lost }, turn);
    // The job decides whether it goes on without the LoRA.
    if (isUnloadable(error)) throw error;
    return;
  }
  const { timeoutMs } = turn.options;
  const why =
    stopped === "late"
      ? new PermanentError(`It was not there after ${Math.round(timeoutMs / 1000)} s and was stopped`, {
          code: "timeout",
        })
      : error;
  return change(key, { state: "refused", error: refusal(why) }, turn);
}

/** A result that we have taken is not asked for again, whatever the service still knows. */
async function forget(key: string, entry: SentEntry, turn: ItemTurn): Promise<void> {
  if (!turn.wanted.has(key)) return change(key, null, turn);
  const remembered = await turn.memory.find(key);
  if (remembered?.id === entry.id) {
    note(remembered.charge, turn);
    return change(key, { state: "made", made: remembered.made }, turn);
  }
  const { tries, stopped, seen } = entry;
  const lost = entry.lost + (stopped === null ? 1 : 0);
  await change(key, { state: "open", tries, lost: lost >= MAX_LOST ? 0 : lost }, turn);
  if (lost < MAX_LOST) return;
  throw seen === "waiting"
    ? new TransientError("No worker took the request in time: the service has no capacity free", { code: "capacity" })
    : new PermanentError(`The service forgot the same request ${lost} times before its result could be fetched`, {
        code: "backend-lost",
      });
}

/** Asks for further items as far as there is room. Answers how long the service wants to be left alone, in milliseconds. */
export async function startMore(turn: ItemTurn): Promise<number | null> {
  const { record, wanted, context, options } = turn;
  for (const [key, item] of wanted) {
    const underWay = Object.values(record.entries).filter(({ state }) => state === "sent").length;
    if (underWay >= options.atOnce) return null;
    const entry = record.entries[key] ?? { state: "open", tries: 0, lost: 0 };
    if (entry.state !== "open" && entry.state !== "asked") continue;
    context.signal.throwIfAborted();
    try {
      await start(key, entry, item, turn);
    } catch (error) {
      if (isSaidNo(error)) await change(key, { state: "open", tries: entry.tries, lost: entry.lost }, turn);
      const isBusy = error instanceof TransientError && error.code === "rate-limited";
      if (isBusy && (underWay > 0 || error.retryAfterMs !== undefined)) return error.retryAfterMs ?? null;
      if (!(error instanceof UserError) || isUnloadable(error)) throw error;
      await change(key, { state: "refused", error: refusal(error) }, turn);
    }
  }
  return null;
}

async function start(
  key: string,
  entry: Extract<Entry, { state: "open" | "asked" }>,
  item: GenerationRequestItem,
  turn: ItemTurn,
): Promise<void> {
  const { context, service, memory, parts, record } = turn;
  const { tries, lost } = entry;
  if (entry.state === "asked") {
    const { keys, digest } = entry;
    const sought = { keys, digest, askedAt: new Date(entry.askedAt), known: knownIds(record) };
    const found = await service.find(sought, item, context.signal);
    if (found !== null) {
      return change(key, { ...entry, state: "sent", id: found, seen: "waiting", stopped: null }, turn);
    }
    context.onLog(`item ${item.index}: the answer to a request was lost and it cannot be found; it is asked for again`);
  } else {
    const remembered = await memory.find(key);
    if (remembered !== null) return change(key, { state: "made", made: remembered.made }, turn);
  }
  const input = await service.prepare(item, context);
  const sent = { tries, lost, askedAt: parts.clock.now().toISOString(), ...markOf(input) };
  await change(key, { state: "asked", ...sent }, turn);
  const id = await service.start(input, { item, work: record.remoteId, signal: context.signal });
  await change(key, { state: "sent", ...sent, id, seen: "waiting", stopped: null }, turn);
}

/** By which a request is recognised in what the service lists. */
function markOf(input: JsonObject): { keys: string[]; digest: string } {
  return { keys: Object.keys(input).sort(), digest: digestOf(input) };
}

/** What is under way, and what has ended and was charged. */
function knownIds({ entries, charges }: ItemsRecord): ReadonlySet<string> {
  const underWay = Object.values(entries).flatMap((entry) => (entry.state === "sent" ? [entry.id] : []));
  return new Set([...underWay, ...charges.flatMap(({ mark }) => mark ?? [])]);
}

async function change(key: string, entry: Entry | null, { record, save }: ItemTurn): Promise<void> {
  if (entry === null) delete record.entries[key];
  else record.entries[key] = entry;
  await save();
}

function note(charge: Charge, { record }: ItemTurn): void {
  if (record.charges.some(({ mark }) => mark === charge.mark)) return;
  record.charges = [...record.charges, charge].slice(-MAX_CHARGES);
}

/** An answer with a status below 500 says that nothing was begun; any other failure leaves it open. */
function isSaidNo(error: unknown): boolean {
  if (!(error instanceof UserError || error instanceof TransientError || error instanceof PermanentError)) return false;
  const { status } = error.details;
  return typeof status === "number" && status < 500;
}

const isUnloadable = (error: unknown): boolean => error instanceof UserError && error.code === "lora-unloadable";

/** It is settled, so nobody need try again. */
function refusal(error: Error): ErrorRecord {
  const record = toErrorRecord(error);
  return { ...record, class: record.class === "user" ? "user" : "permanent" };
}
