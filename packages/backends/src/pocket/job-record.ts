import { checkpointsOfJob, type ObjectStore } from "@loramill/contracts";
import { z } from "zod";
import { readObject } from "./object-bytes.ts";

/** What the engine's "remote side" knows of a submitted job: it lies in the store, so that every worker knows it. */
const JobRecord = z.object({
  marker: z.string(),
  remoteId: z.string(),
  state: z.enum(["open", "ended", "cancelled"]),
});
export type JobRecord = z.output<typeof JobRecord>;

export interface JobRecords {
  /** Null when nothing was submitted, or when what lies there cannot be read. */
  find(job: string): Promise<JobRecord | null>;
  write(job: string, record: JobRecord): Promise<void>;
}

/** Records of one kind of work (`training`, `generation`) in the job's folder of the object store. */
export function openJobRecords(objects: ObjectStore, kind: string): JobRecords {
  const keyOf = (job: string) => `${checkpointsOfJob(job)}${kind}.json`;
  return {
    async find(job) {
      const bytes = await readObject(objects, keyOf(job), { maxBytes: 65_536 });
      if (bytes === null) return null;
      return JobRecord.safeParse(parseOrNull(new TextDecoder().decode(bytes))).data ?? null;
    },
    async write(job, record) {
      await objects.put(keyOf(job), new TextEncoder().encode(JSON.stringify(record)), {
        contentType: "application/json",
      });
    },
  };
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
