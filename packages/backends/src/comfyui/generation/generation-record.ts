import { Digest, type ObjectStore } from "@loramill/contracts";
import { z } from "zod";
import { openRecords, type Records } from "../../job-records.ts";
import { promptIdOf } from "../training-record.ts";

const Refusal = z.object({ code: z.string(), message: z.string().max(400) });

/** Where one picture or clip of a job stands. */
const ItemRecord = z.object({
  index: z.int(),
  /** Of everything that decides what comes out. */
  key: Digest,
  /** `sent`: about to be sent, and perhaps sent. */
  state: z.enum(["waiting", "sent", "done", "refused"]),
  /** Prompts that were made for it; the id of the newest follows from the number. */
  attempt: z.int().min(0),
  /** Host and path of the server that has the newest. */
  server: z.string().nullable(),
  /** How often it failed in a way that another try may cure. */
  failures: z.int().min(0),
  /** When the server began with it, as far as it was seen. */
  startedAt: z.iso.datetime().nullable(),
  /** How long it was seen to run. */
  heldSeconds: z.number().min(0),
  /** The most memory that the server's cards had taken while it was seen to run. */
  peakVramBytes: z.number().nullable(),
  refusal: Refusal.nullable(),
  /** When the newest look that is kept was seen; null where there is none. */
  previewAt: z.iso.datetime().nullable().default(null),
});
export type ItemRecord = z.output<typeof ItemRecord>;

/** What is known of a job's prompts on ComfyUI servers; in the store, so that any worker goes on with it. */
const GenerationRecord = z.object({
  marker: z.string(),
  remoteId: z.string(),
  /** `failed`: nothing came of it, and whoever looks again tries anew. */
  state: z.enum(["open", "ended", "failed", "cancelled"]),
  items: z.array(ItemRecord),
  /** Seconds that a server was held, by prompt. */
  seconds: z.record(z.string(), z.number().min(0)),
  /** Prompts that found their base model and LoRAs loaded. */
  reloadsSaved: z.int().min(0),
  /** Servers that do not answer, and since when. */
  silentSince: z.record(z.string(), z.iso.datetime()),
});
export type GenerationRecord = z.output<typeof GenerationRecord>;

export const openGenerationRecords = (objects: ObjectStore): Records<GenerationRecord> =>
  openRecords(objects, "comfyui-generation", GenerationRecord);

export const newItem = (index: number, key: Digest, attempt = 0): ItemRecord => ({
  index,
  key,
  state: "waiting",
  attempt,
  server: null,
  failures: 0,
  startedAt: null,
  heldSeconds: 0,
  peakVramBytes: null,
  refusal: null,
  previewAt: null,
});

/** Follows from the job, the item and the attempt: whoever tries again sends, and looks for, the same one. */
export const promptOf = (marker: string, { index, attempt }: Pick<ItemRecord, "index" | "attempt">): string =>
  promptIdOf(`${marker}/${index}`, attempt);
