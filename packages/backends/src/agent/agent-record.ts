import { checkpointsOfJob, Digest, type ObjectStore } from "@loramill/contracts";
import { z } from "zod";
import { readObject } from "../pocket/object-bytes.ts";

/**
 * What workers tell each other about a job's training through the store. It is written before an agent is asked, so that a
 * lost answer is looked for where it was asked.
 */
const AgentRecord = z.object({
  marker: z.string(),
  request: Digest,
  /** Address of the agent that was asked. */
  agent: z.string(),
  /** Null until it answered. */
  remoteId: z.string().nullable(),
  /** Only checkpoints of this epoch and later count, and the one that was gone on from: agents given up write late. */
  fromEpoch: z.int(),
  resumedFrom: z.string().nullable(),
  /** Milliseconds since 1970 of the first question in a row that was not answered. */
  unreachableSince: z.number().nullable(),
  /** Its failure was reported: the next look submits it again. */
  failureReported: z.boolean(),
  cancelled: z.boolean(),
});
export type AgentRecord = z.output<typeof AgentRecord>;

export interface AgentRecords {
  find(job: string): Promise<AgentRecord | null>;
  write(job: string, record: AgentRecord): Promise<AgentRecord>;
}

export function openAgentRecords(objects: ObjectStore): AgentRecords {
  const keyOf = (job: string) => `${checkpointsOfJob(job)}agent.json`;
  return {
    async find(job) {
      const bytes = await readObject(objects, keyOf(job), { maxBytes: 65_536 });
      return bytes === null ? null : AgentRecord.parse(JSON.parse(new TextDecoder().decode(bytes)));
    },
    async write(job, record) {
      const body = new TextEncoder().encode(JSON.stringify(record));
      await objects.put(keyOf(job), body, { contentType: "application/json", bytes: body.length });
      return record;
    },
  };
}
