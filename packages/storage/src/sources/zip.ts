import type { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import { UserError } from "@loramill/contracts";
import { type Entry, getFileNameLowLevel, openPromise, type ZipFile } from "yauzl";
import { type ArchiveGate, type ArchiveRequest, archiveDamaged, archiveUnreadable } from "./archive-gate.ts";
import { refuse, type SourceEntry } from "./source-entry.ts";

const UNIX = 3;
const TYPE_MASK = 0o170000;
const REGULAR_FILE = 0o100000;
const SYMBOLIC_LINK = 0o120000;

/** The files of a .zip in the order of its directory; each is inflated when it is opened. */
export async function* readZip(request: ArchiveRequest, gate: ArchiveGate): AsyncGenerator<SourceEntry> {
  let zip: ZipFile;
  try {
    zip = await openPromise(request.path, {
      lazyEntries: true,
      autoClose: false,
      // Both are done here: yauzl would give up the whole archive over one bad name or size.
      decodeStrings: false,
      validateEntrySizes: false,
    });
  } catch (error) {
    yield archiveUnreadable(request, error);
    return;
  }
  try {
    for await (const found of entriesOf(zip, request)) {
      if (found.kind === "refused") yield found;
      else {
        const answer = lookAt(zip, found.entry, gate);
        if (answer === null) continue;
        yield answer.entry;
        if (answer.last) return;
      }
    }
  } finally {
    zip.close();
  }
}

/** The entries of the directory, and a refusal when it breaks off. */
async function* entriesOf(
  zip: ZipFile,
  request: ArchiveRequest,
): AsyncGenerator<{ readonly kind: "entry"; readonly entry: Entry } | ReturnType<typeof refuse>> {
  try {
    for await (const entry of zip.eachEntry()) {
      request.signal?.throwIfAborted();
      yield { kind: "entry", entry };
    }
  } catch (error) {
    request.signal?.throwIfAborted();
    yield archiveDamaged(request, error);
  }
}

function lookAt(zip: ZipFile, entry: Entry, gate: ArchiveGate): { entry: SourceEntry; last: boolean } | null {
  const name = getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false);
  const type = typeOf(entry, name);
  const seen = gate.see(name, {
    folder: type === "folder",
    packed: entry.compressedSize,
    unpacked: entry.uncompressedSize,
  });
  if (seen.verdict === "skip") return null;
  if (seen.verdict !== "take") return { entry: seen.refused, last: seen.verdict === "stop" };
  const problem = problemOf(entry, type);
  if (problem !== null) return { entry: refuse(seen.path, ...problem), last: false };
  const admitted = gate.admit(seen.path, entry.uncompressedSize);
  if (admitted.verdict !== "take") return { entry: admitted.refused, last: admitted.verdict === "stop" };
  const open = () => inflate(zip, entry, seen.path);
  return {
    entry: { kind: "file", path: seen.path, bytes: entry.uncompressedSize, sequential: true, open },
    last: false,
  };
}

function typeOf(entry: Entry, name: string): "file" | "folder" | "link" | "special" {
  if (name.endsWith("/")) return "folder";
  if (entry.versionMadeBy >>> 8 !== UNIX) return "file";
  const type = (entry.externalFileAttributes >>> 16) & TYPE_MASK;
  if (type === SYMBOLIC_LINK) return "link";
  return type === 0 || type === REGULAR_FILE ? "file" : "special";
}

function problemOf(entry: Entry, type: string): [code: string, message: string] | null {
  if (type === "link") return ["link", "is a symbolic link; archives may only hold plain files"];
  if (type === "special") return ["not-a-file", "is a device or another special file"];
  if (entry.isEncrypted()) return ["encrypted", "is encrypted; pack the archive again without a password"];
  if (!entry.canDecodeFileData()) {
    return [
      "unsupported-compression",
      `is packed by method ${entry.compressionMethod}; only deflate and store are read`,
    ];
  }
  return null;
}

/** One entry's bytes, held to the size and checksum that the directory gives. */
async function* inflate(zip: ZipFile, entry: Entry, path: string): AsyncGenerator<Uint8Array> {
  let stream: Readable | undefined;
  let bytes = 0;
  let sum = 0;
  try {
    stream = await zip.openReadStreamPromise(entry);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > entry.uncompressedSize) break;
      sum = crc32(chunk, sum);
      yield chunk;
    }
  } catch (cause) {
    throw damaged(path, cause instanceof Error ? cause.message : String(cause), cause);
  } finally {
    stream?.destroy();
  }
  if (bytes !== entry.uncompressedSize) throw damaged(path, "its size is not the one in the archive's directory");
  if (sum !== entry.crc32) throw damaged(path, "its checksum is not the one in the archive's directory");
}

function damaged(path: string, why: string, cause?: unknown): UserError {
  return new UserError(`${path} is damaged inside the archive: ${why}`, {
    code: "archive-entry-damaged",
    ...(cause === undefined ? {} : { cause }),
  });
}
