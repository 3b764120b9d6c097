import {
  type BackendContext,
  type Charge,
  digestOf,
  fromErrorRecord,
  type GenerationBackend,
  type GenerationRequest,
  type GenerationRequestItem,
  type GenerationStatus,
  loraFiles,
  PermanentError,
  TransientError,
  UserError,
} from "@loramill/contracts";
import { openRecords } from "../job-records.ts";
import { createItemMemory } from "./item-memory.ts";
import { ItemsRecord, MAX_CHARGES } from "./item-record.ts";
import type { ItemService } from "./item-service.ts";
import { type ItemTurn, lookAtSent, startMore } from "./item-turn.ts";
import type { ItemwiseOptions, ItemwiseParts } from "./itemwise-options.ts";

type Facade = Pick<GenerationBackend, "name" | "capabilities" | "version" | "isAvailable" | "validate" | "estimate">;

/**
 * A generation backend over a service that makes one item per request. Every request is noted before it is sent, and its
 * id after it; results are fetched as soon as they are there; an item that cannot be made leaves the others alone; what an
 * item cost is told under its id at every look, so that a lost turn loses no charge and doubles none.
 */
export function createItemwiseGeneration(
  facade: Facade & { close(): Promise<void> },
  service: ItemService,
  options: ItemwiseOptions,
  parts: ItemwiseParts,
): GenerationBackend {
  const { name } = facade;
  const records = openRecords<ItemsRecord>(parts.stores.objects, name, ItemsRecord);
  const memory = createItemMemory(parts.stores, name);

  const keyOf = async ({ spec, loras, inputs }: GenerationRequestItem): Promise<string> => {
    const tensors = Object.entries(loras).map(([called, lora]) => [
      called,
      loraFiles(lora).map(({ role, tensorsSha256 }) => [role, tensorsSha256]),
    ]);
    const files = Object.entries(inputs).map(([called, { sha256 }]) => [called, sha256]);
    return digestOf({ backend: name, version: await facade.version(), spec, tensors, files });
  };

  async function openTurn(
    record: ItemsRecord,
    { items }: GenerationRequest,
    context: BackendContext,
  ): Promise<ItemTurn> {
    const wanted = new Map<string, GenerationRequestItem>();
    for (const item of items) wanted.set(await keyOf(item), item);
    const save = () => records.write(context.job, record);
    return { record, wanted, context, save, service, memory, options, parts };
  }

  return {
    ...facade,

    async submit(request, context) {
      for (const { index, spec } of request.items) {
        const problem = facade.validate(spec).find(({ severity }) => severity === "error");
        if (problem === undefined) continue;
        const { field, message } = problem;
        throw new UserError(`item ${index}, ${field}: ${message}`, { code: "impossible-request", details: { field } });
      }
      const remoteId = `${name}-${digestOf(request.marker).slice(0, 24)}`;
      const found = await records.find(context.job);
      if (found?.remoteId === remoteId) {
        await records.write(context.job, { ...found, state: "open", entries: reopened(found) });
        return { remoteId };
      }
      const charges = found?.charges ?? [];
      await records.write(context.job, { remoteId, state: "open", entries: {}, charges });
      return { remoteId };
    },

    async poll(remoteId, request, context) {
      const record = await records.find(context.job);
      if (record?.remoteId !== remoteId) return { kind: "lost" };
      const turn = await openTurn(record, request, context);
      try {
        await lookAtSent(turn);
        if (record.state === "cancelled") return { kind: "cancelled", charges: told(record) };
        const waitMs = await startMore(turn);
        return await statusOf(turn, request, waitMs ?? options.pollMs);
      } catch (error) {
        // What was paid for is told with the failure; what is no failure of the service goes its own way.
        context.signal.throwIfAborted();
        if (!isFailure(error)) throw error;
        return { kind: "failed", error, charges: told(record) };
      }
    },

    async collect(_remoteId, request, context) {
      const record = await records.find(context.job);
      const collected = await Promise.all(
        request.items.map(async (item) => ({ item, entry: record?.entries[await keyOf(item)] })),
      );
      const files = collected.flatMap(({ item, entry }) =>
        entry?.state === "made" ? [{ item, made: entry.made }] : [],
      );
      const refused = collected.flatMap(({ item: { index }, entry }) =>
        entry?.state === "refused" ? [{ index, code: entry.error.code, message: entry.error.message }] : [],
      );
      if (files.length + refused.length < request.items.length) {
        throw new TransientError("Not every item is there yet: poll again", { code: "not-generated" });
      }
      return {
        files: await Promise.all(
          files.map(async ({ item, made }) => ({ index: item.index, ...made, ...(await service.describe(item)) })),
        ),
        refused,
      };
    },

    async cancel(remoteId, context) {
      const record = await records.find(context.job);
      if (record?.remoteId !== remoteId) return "unknown";
      if (record.state === "ended") return "already-ended";
      record.state = "cancelled";
      for (const [key, entry] of Object.entries(record.entries)) {
        if (entry.state === "sent") record.entries[key] = { ...entry, stopped: "cancelled" };
      }
      await records.write(context.job, record);
      for (const entry of Object.values(record.entries)) {
        if (entry.state === "sent") await service.stop(entry.id, context.signal);
      }
      return "cancelled";
    },
  };

  async function statusOf(
    { record, wanted, context, save }: ItemTurn,
    { items }: GenerationRequest,
    pollMs: number,
  ): Promise<GenerationStatus> {
    const total = items.length;
    const states = await Promise.all(items.map(async (item) => record.entries[await keyOf(item)]));
    const done = states.filter((entry) => entry?.state === "made" || entry?.state === "refused").length;
    const charges = told(record);
    context.onProgress({ done, total });
    const isUnderWay = Object.values(record.entries).some(({ state }) => state === "sent");
    if (done < total || isUnderWay) return { kind: "running", done, total, pollMs, charges };
    const refusals = [...wanted.keys()].map((key) => record.entries[key]);
    const [first] = refusals;
    if (first?.state === "refused" && refusals.every((entry) => entry?.state === "refused")) {
      return { kind: "failed", error: fromErrorRecord(first.error), charges };
    }
    if (record.state === "open") {
      record.state = "ended";
      await save();
    }
    return { kind: "succeeded", done, total, pollMs, charges };
  }
}

/** What was refused is tried again: somebody asks for the job anew. */
const reopened = ({ entries }: ItemsRecord): ItemsRecord["entries"] =>
  Object.fromEntries(Object.entries(entries).filter(([, { state }]) => state !== "refused"));

const told = ({ charges }: ItemsRecord): readonly Charge[] => charges.slice(-MAX_CHARGES);

const isFailure = (error: unknown): error is Error =>
  error instanceof UserError || error instanceof TransientError || error instanceof PermanentError;
