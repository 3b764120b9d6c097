import {
  AgentManifest,
  checkpointsOfJob,
  type Digest,
  type LoraRole,
  type ObjectStore,
  PermanentError,
  type StoredFile,
  sha256Hex,
} from "@loramill/contracts";
import { readObject } from "../object-bytes.ts";
import type { AgentRecord } from "./agent-record.ts";

export const COMMITTED = "COMMITTED.json";
export const MAX_MANIFEST_BYTES = 32 * 1024 * 1024;
const MAX_PART_BYTES = 512 * 1024 * 1024;

export interface CommittedSave {
  readonly prefix: string;
  readonly manifest: AgentManifest;
}

/** Saves of a job that agents committed and that count, newest first. Of the fenced, none is shown. */
export async function committedSaves(
  objects: ObjectStore,
  job: string,
  lineage: Digest,
  fence: Pick<AgentRecord, "fromEpoch" | "trusted"> | null,
): Promise<CommittedSave[]> {
  const places: { prefix: string; epoch: number; step: number }[] = [];
  for await (const { key } of objects.list(checkpointsOfJob(job))) {
    const [epoch, step, name] = key.slice(checkpointsOfJob(job).length).split("/");
    if (name !== COMMITTED) continue;
    const place = { prefix: key.slice(0, -COMMITTED.length), epoch: Number(epoch), step: Number(step) };
    if (fence !== null && place.epoch < fence.fromEpoch && !fence.trusted.includes(place.prefix)) continue;
    places.push(place);
  }
  const found: CommittedSave[] = [];
  for (const { prefix } of places.sort((a, b) => b.step - a.step || b.epoch - a.epoch)) {
    const bytes = await readObject(objects, `${prefix}${COMMITTED}`, { maxBytes: MAX_MANIFEST_BYTES });
    const manifest = AgentManifest.safeParse(JSON.parse(new TextDecoder().decode(bytes ?? new Uint8Array()) || "null"));
    if (manifest.data?.lineage === lineage) found.push({ prefix, manifest: manifest.data });
  }
  return found;
}

/** The files of a save that hold the LoRA. PermanentError `checkpoint-corrupt` when it lacks one that it names. */
export function savedWeights({ weights, experts, files }: AgentManifest): { role: LoraRole; file: StoredFile }[] {
  const named = experts ?? [{ role: "both" as const, name: weights }];
  return named.map(({ role, name }) => {
    const file = files.find((stored) => stored.name === name);
    if (file !== undefined) return { role, file };
    throw new PermanentError(`the final save names ${name ?? "no file"} as its LoRA and does not hold it`, {
      code: "checkpoint-corrupt",
    });
  });
}

/** One file of a save, joined from its parts. PermanentError `checkpoint-corrupt` when it is not what was committed. */
export async function readSavedFile(objects: ObjectStore, file: StoredFile, signal: AbortSignal): Promise<Uint8Array> {
  const whole = new Uint8Array(file.bytes);
  let at = 0;
  for (const { key } of file.parts) {
    const part = await readObject(objects, key, { maxBytes: MAX_PART_BYTES, signal });
    if (part === null || at + part.length > whole.length) throw corrupt(file);
    whole.set(part, at);
    at += part.length;
  }
  if (at !== whole.length || sha256Hex(whole) !== file.sha256) throw corrupt(file);
  return whole;
}

function corrupt({ name, sha256 }: StoredFile): PermanentError {
  return new PermanentError(`the stored bytes of ${name} are not those that the agent committed`, {
    code: "checkpoint-corrupt",
    details: { sha256 },
  });
}
