import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { identifyArchive } from "../archive.ts";
import { listShards } from "../shards.ts";
import type { SourceOptions } from "../source-options.ts";
import { hashFile } from "./hash-file.ts";
import { type Part, sumOf } from "./part.ts";

/** One archive, or the shards of one. */
export async function fingerprintArchives(path: string, options: SourceOptions): Promise<Part> {
  const shards = await listShards(path);
  if (shards === null) return ofArchive(path, options);
  const parts: Part[] = [];
  for (const shard of shards) parts.push(await ofArchive(shard, options));
  return {
    identity: {
      type: "archives",
      files: parts.map(({ identity }, at) => ({ name: basename(shards[at] as string), ...identity })),
    },
    items: null,
    bytes: sumOf(parts.map(({ bytes }) => bytes)),
    mode: parts.every(({ mode }) => mode === "content") ? "content" : "stat",
  };
}

async function ofArchive(path: string, { limits, signal }: SourceOptions): Promise<Part> {
  const at = resolve(path);
  const { kind, bytes } = await identifyArchive(at);
  if (bytes <= limits.fingerprintContentMaxBytes) {
    const sha256 = await hashFile(at, basename(at), Number.MAX_SAFE_INTEGER, signal);
    return { identity: { type: "archive", kind, sha256 }, items: null, bytes, mode: "content" };
  }
  const { mtimeMs } = await stat(at);
  return { identity: { type: "archive", kind, bytes, modifiedMs: mtimeMs }, items: null, bytes, mode: "stat" };
}
