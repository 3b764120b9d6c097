import {
  checkpointPrefix,
  checkpointsOfJob,
  Digest,
  LossPoint,
  type ObjectStore,
  type PocketTrainingState,
  sha256Hex,
} from "@loramill/contracts";
import { z } from "zod";
import { parseOrNull } from "../job-records.ts";
import { readObject } from "../object-bytes.ts";

const COMMITTED = "COMMITTED.json";
/** A state of the largest rank is about 40 MB. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;
const KEPT = 2;

const Manifest = z.object({
  format: z.literal("loramill-checkpoint/1"),
  /** Digest of what is trained: a checkpoint of another recipe or dataset is not continued. */
  request: Digest,
  step: z.int(),
  imagesSeen: z.int(),
  paidSeconds: z.number(),
  loss: z.number().nullable(),
  /** Steps from which the training went on after a worker was lost. */
  resumedFromSteps: z.array(z.int()),
  files: z.array(z.object({ name: z.string().regex(/^[\w.-]+$/), bytes: z.int().min(0), sha256: Digest })),
});

export type CheckpointFacts = Omit<z.output<typeof Manifest>, "format" | "files">;

export interface Checkpoint extends CheckpointFacts {
  readonly objectPrefix: string;
  readonly state: PocketTrainingState;
}

export interface Checkpoints {
  /** The checkpoint with the most steps of this request that is committed and whole; broken ones are passed over. */
  newest(job: string, request: Digest): Promise<Checkpoint | null>;
  /** Writes state and curve, then the commit marker, then removes all but the last two. Answers the prefix. */
  commit(at: { job: string; epoch: number }, facts: CheckpointFacts, state: PocketTrainingState): Promise<string>;
}

export function openCheckpoints(objects: ObjectStore): Checkpoints {
  return {
    async newest(job, request) {
      const committed = await committedPlaces(objects, job);
      for (const { prefix } of committed.sort((a, b) => b.step - a.step || b.epoch - a.epoch)) {
        const found = await readCheckpoint(objects, prefix);
        if (found?.request === request) return found;
      }
      return null;
    },

    async commit(at, facts, state) {
      const prefix = checkpointPrefix({ ...at, step: state.step });
      const contents: readonly (readonly [string, Uint8Array])[] = [
        ["state.bin", state.state],
        ["curve.json", new TextEncoder().encode(JSON.stringify(state.curve))],
      ];
      const files = contents.map(([name, bytes]) => ({ name, bytes: bytes.length, sha256: sha256Hex(bytes) }));
      for (const [i, [name, bytes]] of contents.entries()) {
        const sha256 = files[i]?.sha256;
        await objects.put(`${prefix}${name}`, bytes, { bytes: bytes.length, ...(sha256 ? { sha256 } : {}) });
      }
      const manifest = { format: "loramill-checkpoint/1", ...facts, files } satisfies z.input<typeof Manifest>;
      await objects.put(`${prefix}${COMMITTED}`, new TextEncoder().encode(JSON.stringify(manifest)), {
        contentType: "application/json",
      });
      await prune(objects, at);
      return prefix;
    },
  };
}

/** Epoch and step of a key such as `checkpoints/<job>/<epoch>/<step>/state.bin`; null for other objects of the job. */
function placeOf(key: string, job: string): (Place & { readonly name: string }) | null {
  const [epoch, step, name, ...rest] = key.slice(checkpointsOfJob(job).length).split("/");
  if (!/^\d+$/.test(epoch ?? "") || !/^\d+$/.test(step ?? "") || name === undefined || rest.length > 0) return null;
  const prefix = key.slice(0, key.length - name.length);
  return { prefix, epoch: Number(epoch), step: Number(step), name };
}

interface Place {
  readonly prefix: string;
  readonly epoch: number;
  readonly step: number;
}

async function committedPlaces(objects: ObjectStore, job: string): Promise<Place[]> {
  const places: Place[] = [];
  for await (const { key } of objects.list(checkpointsOfJob(job))) {
    const place = placeOf(key, job);
    if (place?.name === COMMITTED) places.push(place);
  }
  return places;
}

async function readCheckpoint(objects: ObjectStore, prefix: string): Promise<Checkpoint | null> {
  const text = await readObject(objects, `${prefix}${COMMITTED}`, { maxBytes: 1_048_576 });
  const manifest = Manifest.safeParse(text === null ? null : parseOrNull(new TextDecoder().decode(text))).data;
  if (manifest === undefined) return null;
  const contents = new Map<string, Uint8Array>();
  for (const { name, bytes, sha256 } of manifest.files) {
    const content = await readObject(objects, `${prefix}${name}`, { maxBytes: MAX_FILE_BYTES });
    if (content === null || content.length !== bytes || sha256Hex(content) !== sha256) return null;
    contents.set(name, content);
  }
  const state = contents.get("state.bin");
  const curve = z.array(LossPoint).safeParse(parseOrNull(new TextDecoder().decode(contents.get("curve.json")))).data;
  if (state === undefined || curve === undefined) return null;
  return { ...manifest, objectPrefix: prefix, state: { step: manifest.step, state, curve } };
}

/**
 * Keeps the two that were made last. Leavings of earlier epochs that were never committed go too; a marker goes before
 * its files.
 */
async function prune(objects: ObjectStore, at: { job: string; epoch: number }): Promise<void> {
  const committed = await committedPlaces(objects, at.job);
  const latest = committed.sort((a, b) => b.epoch - a.epoch || b.step - a.step).slice(0, KEPT);
  const kept = new Set(latest.map(({ prefix }) => prefix));
  const doomed: string[] = [];
  for await (const { key } of objects.list(checkpointsOfJob(at.job))) {
    const place = placeOf(key, at.job);
    if (place === null || kept.has(place.prefix) || place.epoch > at.epoch) continue;
    doomed.push(key);
  }
  doomed.sort((a, b) => Number(b.endsWith(COMMITTED)) - Number(a.endsWith(COMMITTED)));
  for (const key of doomed) await objects.delete(key);
}
