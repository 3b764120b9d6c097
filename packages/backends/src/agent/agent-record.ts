import { AgentModelFile, Digest, type ObjectStore, TrainerName } from "@loramill/contracts";
import { z } from "zod";
import { openRecords } from "../job-records.ts";
import { MAX_ATTEMPTS } from "./agent-account.ts";
import { Attempt } from "./agent-attempts.ts";

export const MAX_TOLD_SAMPLES = 2_000;

/**
 * What workers tell each other about a job's training through the store. It is written before an agent is asked, so that a
 * lost answer is looked for where it was asked.
 */
const AgentRecord = z.object({
  marker: z.string(),
  request: Digest,
  /** What it was given to, with which files: a change of the registry leaves a training that was begun alone. */
  trainer: TrainerName,
  models: z.array(AgentModelFile).max(32),
  /** Address of the agent that was asked. */
  agent: z.string(),
  /** Name of the pod that it is on; null where nobody rents the machine out. */
  pod: z.string().nullable().default(null),
  /** Null until it answered. */
  remoteId: z.string().nullable(),
  /** Checkpoints of this epoch and later count. */
  fromEpoch: z.int(),
  /**
   * Those of earlier ones that count: what was there when the training was given to this agent, newest first. It went on
   * from the first. What an agent that was given up writes after that does not count.
   */
  trusted: z.array(z.string()).max(16),
  /** Milliseconds since 1970 of the first question in a row that was not answered. */
  unreachableSince: z.number().nullable(),
  /** Rounds of samples that were reported, by epoch and step; of very many the last, as a record is small. */
  toldSamples: z.array(z.string().max(24)).max(MAX_TOLD_SAMPLES),
  /** Its failure was reported: the next look submits it again. */
  failureReported: z.boolean(),
  /** The machines that it had, oldest first, and what they cost. */
  attempts: z.array(Attempt).max(MAX_ATTEMPTS).default([]),
  cancelled: z.boolean(),
});
export type AgentRecord = z.output<typeof AgentRecord>;

export interface AgentRecords {
  find(job: string): Promise<AgentRecord | null>;
  /** Answers what it wrote. */
  write(job: string, record: AgentRecord): Promise<AgentRecord>;
}

export function openAgentRecords(objects: ObjectStore): AgentRecords {
  const records = openRecords(objects, "agent", AgentRecord);
  return {
    find: (job) => records.find(job),
    async write(job, record) {
      await records.write(job, record);
      return record;
    },
  };
}

/** Names the agent as well, whose own ids are unique to it alone. */
export const remoteIdOf = (url: string, id: string): string => `${id}@${new URL(url).host}`;
export const jobIdOf = (remoteId: string): string => remoteId.split("@")[0] ?? "";
