import { checkpointsOfJob, type ObjectStore } from "@loramill/contracts";
import { z } from "zod";
import { readObject } from "./object-bytes.ts";

/** What is known of one job's work on a backend: it lies in the store, so that every worker knows it. */
export interface Records<T> {
  /** Null when nothing was written, or when what lies there cannot be read. */
  find(job: string): Promise<T | null>;
  write(job: string, record: T): Promise<void>;
}

/** Far above a job of the most items. */
const MAX_BYTES = 1_048_576;

/** Records of one kind of work (`training`, `generation`) in the job's folder of the object store. */
export function openRecords<T>(objects: ObjectStore, kind: string, schema: z.ZodType<T>): Records<T> {
  const keyOf = (job: string) => `${checkpointsOfJob(job)}${kind}.json`;
  return {
    async find(job) {
      const bytes = await readObject(objects, keyOf(job), { maxBytes: MAX_BYTES });
      if (bytes === null) return null;
      return schema.safeParse(parseOrNull(new TextDecoder().decode(bytes))).data ?? null;
    },
    async write(job, record) {
      const body = new TextEncoder().encode(JSON.stringify(record));
      await objects.put(keyOf(job), body, { contentType: "application/json" });
    },
  };
}

/** What the engine's "remote side" knows of a submitted job. */
const JobRecord = z.object({
  marker: z.string(),
  remoteId: z.string(),
  state: z.enum(["open", "ended", "cancelled"]),
});
export type JobRecord = z.output<typeof JobRecord>;

export function openJobRecords(objects: ObjectStore, kind: string): Records<JobRecord> {
  return openRecords(objects, kind, JobRecord);
}

/** JSON of an object that may have been torn; null when it does not parse. */
export function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
