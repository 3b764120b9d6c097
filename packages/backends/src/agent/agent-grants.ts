import {
  type AgentGrants,
  type AgentWants,
  blobKey,
  checkpointPrefix,
  checkpointsOfJob,
  type ObjectStore,
  PermanentError,
  samplesPrefix,
  type TrainingRequest,
} from "@loramill/contracts";
import { COMMITTED } from "./agent-checkpoints.ts";

/** Reads that are granted with the first word, before an agent asks. */
const FIRST_READS = 500;

export interface GrantOffice {
  /** Signs what an agent of this job may have: its own pictures and models, and slots in its own folder. */
  grant(wants: AgentWants, at: { readonly job: string; readonly epoch: number }): Promise<AgentGrants>;
  /** What any training begins with. */
  firstWants(): AgentWants;
}

/** Whoever holds an agent's token gets no other project's bytes: keys outside of the training are refused. */
export function openGrantOffice(
  objects: ObjectStore,
  request: TrainingRequest,
  modelKeys: readonly string[],
  expiresSeconds: number,
): GrantOffice {
  const pictures = [...request.images, ...(request.regularisationImages ?? [])].map(({ image }) =>
    blobKey(image.sha256),
  );
  const readable = new Set([...pictures, ...modelKeys]);

  async function sign(key: string, method: "GET" | "PUT"): Promise<string> {
    const url = await objects.presign(key, { method, expiresSeconds });
    if (url !== null) return url;
    throw new PermanentError("agents cannot reach the object store: use S3 or set PUBLIC_URL", {
      code: "store-not-reachable",
    });
  }

  return {
    firstWants: () => ({ reads: [...readable].slice(0, FIRST_READS), writes: [] }),
    async grant({ reads, writes }, { job, epoch }) {
      const allowed = reads.filter((key) => readable.has(key) || key.startsWith(checkpointsOfJob(job)));
      const granted: AgentGrants = { expiresSeconds, reads: {}, writes: [] };
      for (const key of allowed) granted.reads[key] = await sign(key, "GET");
      for (const want of writes) {
        // What was begun under an earlier epoch goes on in its place; a later one than ours cannot be.
        const at = { job, epoch: Math.min(want.epoch ?? epoch, epoch), step: want.step };
        const prefix = want.kind === "samples" ? samplesPrefix(at) : checkpointPrefix(at);
        const parts: string[] = [];
        for (let n = 0; n < want.parts; n += 1)
          parts.push(await sign(`${prefix}part-${String(n).padStart(4, "0")}`, "PUT"));
        const manifest = await sign(`${prefix}${COMMITTED}`, "PUT");
        granted.writes.push({ kind: want.kind, step: want.step, epoch: at.epoch, prefix, parts, manifest });
      }
      return granted;
    },
  };
}
