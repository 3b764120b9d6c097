import { type BackendContext, digestOf, type GenerationBackend, type ObjectStore } from "@loramill/contracts";
import { type JobRecord, openJobRecords } from "./job-records.ts";

type Context = Pick<BackendContext, "job">;

/**
 * The life of generations that are made in this process, turn by turn: begun under a marker, adopted by it, cancelled and
 * begun again. Equal markers have equal remote ids.
 */
export function openLocalJobs(objects: ObjectStore, { kind, name }: { readonly kind: string; readonly name: string }) {
  const records = openJobRecords(objects, kind);
  return {
    async begin(marker: string, { job }: Context): Promise<{ readonly remoteId: string }> {
      const remoteId = `${name}-${digestOf(marker).slice(0, 24)}`;
      const found = await records.find(job);
      if (found?.remoteId !== remoteId || found.state === "cancelled") {
        await records.write(job, { marker, remoteId, state: "open" });
      }
      return { remoteId };
    },

    /** Its record, or how the turn ends: it was cancelled, or nobody here knows it. */
    async look(remoteId: string, { job }: Context): Promise<JobRecord | "lost" | "cancelled"> {
      const record = await records.find(job);
      if (record?.remoteId !== remoteId) return "lost";
      return record.state === "cancelled" ? "cancelled" : record;
    },

    async end(record: JobRecord, { job }: Context): Promise<void> {
      if (record.state === "open") await records.write(job, { ...record, state: "ended" });
    },

    async cancel(remoteId: string, { job }: Context): ReturnType<GenerationBackend["cancel"]> {
      const record = await records.find(job);
      if (record?.remoteId !== remoteId) return "unknown";
      if (record.state === "ended") return "already-ended";
      await records.write(job, { ...record, state: "cancelled" });
      return "cancelled";
    },
  };
}
