import { AgentJobState, AgentUpload, Digest, ErrorRecord, TrainerName } from "@loramill/contracts";
import { z } from "zod";
import { readText, writeWhole } from "./files.ts";
import { MeterRecord } from "./meter.ts";
import { StartedProcess } from "./trainer-process.ts";

/** What an agent must know of a job after it was killed itself. */
export const JobRecord = z.object({
  id: z.string(),
  marker: z.string(),
  request: Digest,
  trainer: TrainerName,
  /** Highest epoch that spoke for this job; a lower one is a worker that was replaced. */
  epoch: z.int(),
  state: AgentJobState,
  error: ErrorRecord.nullable(),
  child: StartedProcess.nullable(),
  meter: MeterRecord,
  /** Paths of the base model's files by role. */
  models: z.record(z.string(), z.string()),
  uploads: z.array(AgentUpload),
});
export type JobRecord = z.output<typeof JobRecord>;

export const isFinalState = (state: AgentJobState): boolean =>
  state === "succeeded" || state === "failed" || state === "cancelled" || state === "preempted";

export const writeRecord = (path: string, record: JobRecord): Promise<void> => writeWhole(path, JSON.stringify(record));

/** Null for a job whose record was never written. */
export async function readRecord(path: string): Promise<JobRecord | null> {
  const text = await readText(path);
  return text === null ? null : JobRecord.parse(JSON.parse(text));
}
