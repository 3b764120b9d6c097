import { rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { AgentModelFile } from "@loramill/contracts";
import { listFiles, orNull } from "./files.ts";
import { download, type TransferParts } from "./transfer.ts";

/** Files of base models by digest, shared by all jobs of a machine and kept between them. */
export interface ModelCache {
  /** Absolute path of the file; fetched once however many ask. Release it when the job has ended. */
  take(file: AgentModelFile, parts: TransferParts): Promise<{ readonly path: string; readonly release: () => void }>;
}

export function createModelCache(folder: string, maxBytes: number): ModelCache {
  const underWay = new Map<string, Promise<void>>();
  const users = new Map<string, number>();

  /** Removes what was used longest ago and by nobody now, until the rest fits. */
  async function evict(): Promise<void> {
    const files = await listFiles(folder);
    let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { path, bytes } of files.sort((a, b) => a.modifiedMs - b.modifiedMs)) {
      if (total <= maxBytes) return;
      const digest = path.split("/")[0] ?? "";
      if ((users.get(digest) ?? 0) > 0 || underWay.has(digest)) continue;
      await rm(join(folder, path), { force: true });
      total -= bytes;
    }
  }

  return {
    async take(file, parts) {
      const { sha256 } = file;
      // Its own name below its digest, because trainers tell formats by extension.
      const path = join(folder, sha256, file.name);
      users.set(sha256, (users.get(sha256) ?? 0) + 1);
      const release = () => void users.set(sha256, Math.max(0, (users.get(sha256) ?? 1) - 1));
      try {
        await once(underWay, sha256, () => fetchModel(file, path, parts));
        const now = new Date();
        await utimes(path, now, now);
        await evict();
        return { path, release };
      } catch (error) {
        release();
        throw error;
      }
    },
  };
}

async function fetchModel(file: AgentModelFile, path: string, parts: TransferParts): Promise<void> {
  // Its digest was checked when it came; reading many gigabytes again for every job would take minutes.
  if ((await orNull(stat(path)))?.size === file.bytes) return;
  const origin = file.key === null ? { url: file.url ?? "" } : { key: file.key };
  await download(origin, file, path, parts);
}

/** Joins work of the same name that is under way. One whose leader was stopped is begun again by who still waits. */
async function once(underWay: Map<string, Promise<void>>, name: string, work: () => Promise<void>): Promise<void> {
  const found = underWay.get(name);
  if (found !== undefined) {
    const joined = await found.then(
      () => true,
      () => false,
    );
    return joined ? undefined : once(underWay, name, work);
  }
  const started = work().finally(() => underWay.delete(name));
  underWay.set(name, started);
  await started;
}
