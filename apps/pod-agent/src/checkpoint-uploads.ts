import { constants } from "node:fs";
import { copyFile, mkdir, open, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type AgentManifest,
  type AgentUpload,
  type AgentWriteGrant,
  type Digest,
  PermanentError,
  type StoredFile,
  sha256Hex,
} from "@loramill/contracts";
import { z } from "zod";
import { nodeDisk } from "./cache/disk.ts";
import { orNull, readText, writeWhole } from "./files.ts";
import { type TransferParts, upload } from "./transfer.ts";

/** What stands in the manifest of a checkpoint besides its files. */
export type UploadFacts = Omit<AgentManifest, "format" | "files">;

/** How far an upload got: kept beside the copy, so that one that was broken off goes on and writes no part twice. */
const UploadProgress = z.object({
  epoch: z.int().nullable(),
  parts: z.array(z.object({ key: z.string(), bytes: z.int(), sha256: z.string() })),
});

/** The name of a copy; tells rounds of samples from checkpoints of the same step. */
export const snapshotName = ({ kind, step }: Pick<UploadFacts, "kind" | "step">): string => `${kind}-${step}`;

/**
 * Copies files that a trainer may overwrite at its next save. False, and no copy, when one of them was written to
 * or removed meanwhile; the next look takes them again.
 */
export async function takeSnapshot(output: string, files: readonly string[], target: string): Promise<boolean> {
  for (const file of files) {
    const from = join(output, file);
    const to = join(target, "files", file);
    await mkdir(dirname(to), { recursive: true });
    const before = await orNull(stat(from));
    await orNull(copyFile(from, to, constants.COPYFILE_FICLONE));
    const after = await orNull(stat(from));
    if (before === null || before.mtimeMs !== after?.mtimeMs || before.size !== after.size) {
      await rm(target, { recursive: true, force: true });
      return false;
    }
  }
  return true;
}

/**
 * Uploads a copy part by part and writes its commit marker last. Goes on where an earlier try stopped. The copy is removed
 * when all is in the store.
 */
export async function uploadSnapshot(
  target: string,
  files: readonly string[],
  facts: UploadFacts,
  partBytes: number,
  transfer: TransferParts,
): Promise<AgentUpload> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(target, "files", file))).size));
  const count = partsOf(sizes, partBytes);
  const progressFile = join(target, "upload.json");
  const text = await readText(progressFile);
  const progress = text === null ? { epoch: null, parts: [] } : UploadProgress.parse(JSON.parse(text));
  const grantNow = async (): Promise<AgentWriteGrant> => {
    const want = { kind: facts.kind, step: facts.step, epoch: progress.epoch, parts: count };
    const grant = await transfer.grants.write(want, transfer.signal);
    progress.epoch = grant.epoch;
    return grant;
  };

  const stored: StoredFile[] = [];
  let number = 0;
  for (const [i, name] of files.entries()) {
    const path = join(target, "files", name);
    const parts: StoredFile["parts"] = [];
    for (let at = 0; at < (sizes[i] ?? 0); at += partBytes) {
      parts.push((progress.parts[number] as StoredFile["parts"][number]) ?? (await uploadPart(path, at, number)));
      number += 1;
    }
    stored.push({ name, bytes: sizes[i] ?? 0, sha256: await nodeDisk.digest(path), parts });
  }
  const manifest: AgentManifest = { format: "loramill-agent-checkpoint/1", ...facts, files: stored };
  const body = new TextEncoder().encode(JSON.stringify(manifest));
  await upload(async () => (await grantNow()).manifest, body, transfer);
  const { prefix } = await grantNow();
  await rm(target, { recursive: true, force: true });
  const { kind, step, imagesSeen, paidSeconds, loss, final } = facts;
  return { kind, step, imagesSeen, paidSeconds, loss, final, prefix };

  async function uploadPart(path: string, at: number, n: number): Promise<StoredFile["parts"][number]> {
    const bytes = await readPart(path, at, partBytes);
    const { prefix } = await grantNow();
    await upload(async () => urlOf(await grantNow(), n), bytes, transfer);
    const part = { key: partKey(prefix, n), bytes: bytes.length, sha256: sha256Hex(bytes) as Digest };
    progress.parts.push(part);
    await writeWhole(progressFile, JSON.stringify(progress));
    return part;
  }
}

/** Slots that files of these sizes take. */
export const partsOf = (sizes: readonly number[], partBytes: number): number =>
  Math.max(
    1,
    sizes.reduce((sum, bytes) => sum + Math.ceil(bytes / partBytes), 0),
  );

const partKey = (prefix: string, n: number): string => `${prefix}part-${String(n).padStart(4, "0")}`;

function urlOf(grant: AgentWriteGrant, n: number): string {
  const url = grant.parts[n];
  if (url !== undefined) return url;
  throw new PermanentError("fewer slots were granted than were asked for", { code: "bad-grant" });
}

async function readPart(path: string, at: number, partBytes: number): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(partBytes), 0, partBytes, at);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
