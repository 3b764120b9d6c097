import { open, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { UserError } from "@loramill/contracts";
import { createArchiveGate } from "./archive-gate.ts";
import { describeReadError } from "./local-file.ts";
import type { SourceLimits } from "./source-config.ts";
import type { SourceEntry } from "./source-entry.ts";
import { readTar } from "./tar.ts";
import { readZip } from "./zip.ts";

/** Enough to see the magic of a tar, which lies at 257. */
const HEAD_BYTES = 265;

export type ArchiveKind = "zip" | "tar" | "tar.gz";

/**
 * The files of an archive. Entries that are no plain files, have unsafe names, are encrypted or far too large are
 * refused by name; nothing is ever written. UserError when there is no such archive or it is of another format.
 */
export async function* readArchive(
  path: string,
  options: { readonly limits: SourceLimits; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<SourceEntry> {
  options.signal?.throwIfAborted();
  const at = resolve(path);
  const { kind, bytes } = await identifyArchive(at);
  const request = { path: at, name: basename(at), bytes, limits: options.limits, signal: options.signal };
  const gate = createArchiveGate(request);
  if (kind === "zip") yield* readZip(request, gate);
  else yield* readTar({ ...request, gzip: kind === "tar.gz" }, gate);
}

/** What kind of archive a file is, told by its first bytes; names lie. */
export async function identifyArchive(path: string): Promise<{ kind: ArchiveKind; bytes: number }> {
  const name = basename(path);
  const { head, bytes } = await readHead(path, name);
  const kind = kindOf(head, name);
  if (kind !== null) return { kind, bytes };
  throw new UserError(`${name} is no .zip, .tar, .tar.gz or .tgz: unpack it, or pack the pictures as one of these`, {
    code: "unsupported-archive",
  });
}

async function readHead(path: string, name: string): Promise<{ head: Buffer; bytes: number }> {
  try {
    const stats = await stat(path);
    if (!stats.isFile()) {
      throw new UserError(`${name} is not a file; give a folder as type: folder`, { code: "not-a-file" });
    }
    const file = await open(path, "r");
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return { head: buffer.subarray(0, bytesRead), bytes: stats.size };
    } finally {
      await file.close();
    }
  } catch (error) {
    const described = describeReadError(error, `the archive ${path}`);
    if (!(described instanceof UserError) || described.code !== "missing") throw described;
    throw new UserError(`the archive ${path} does not exist on this machine`, { code: "source-missing", cause: error });
  }
}

/** What a .zip begins with: an entry, the directory of an empty archive, the mark of a split one. */
const ZIP_MAGICS = ["504b0304", "504b0506", "504b0708"];

function kindOf(head: Buffer, name: string): ArchiveKind | null {
  if (ZIP_MAGICS.includes(head.toString("hex", 0, 4))) return "zip";
  if (head.toString("hex", 0, 2) === "1f8b") return "tar.gz";
  if (head.toString("latin1", 257, 262) === "ustar") return "tar";
  // Tars from before POSIX have no magic.
  return /\.tar$/i.test(name) && head.byteLength === HEAD_BYTES ? "tar" : null;
}
