import { createReadStream } from "node:fs";
import { Transform, type TransformCallback } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { UserError } from "@loramill/contracts";
import { type Extract, extract, type Header } from "tar-stream";
import { type ArchiveGate, type ArchiveRequest, archiveDamaged, bombMessage, isBomb } from "./archive-gate.ts";
import { refuse, type SourceEntry } from "./source-entry.ts";

type Entry = Extract extends AsyncIterable<infer One> ? One : never;

/** The files of a .tar or .tar.gz in the order they lie in it; each must be read before the next. */
export async function* readTar(
  request: ArchiveRequest & { readonly gzip: boolean },
  gate: ArchiveGate,
): AsyncGenerator<SourceEntry> {
  const stop = new AbortController();
  const signal = request.signal === undefined ? stop.signal : AbortSignal.any([request.signal, stop.signal]);
  const tar = extract();
  const file = createReadStream(request.path, { highWaterMark: 256 * 1024 });
  const packed = () => file.bytesRead;
  const steps = request.gzip ? [createGunzip(), createBombGuard(request, packed)] : [];
  // Its failures reach the reader through `tar`; awaited at the end so that nothing stays open.
  const flow = pipeline([file, ...steps, tar], { signal }).catch((error: unknown) => error);
  try {
    for await (const entry of tar) {
      const { iterator, answer } = lookAt(entry, gate);
      if (answer !== null) yield answer.entry;
      if (answer?.last) return;
      while ((await iterator.next()).done !== true) request.signal?.throwIfAborted();
    }
  } catch (error) {
    request.signal?.throwIfAborted();
    yield archiveDamaged(request, error);
  } finally {
    stop.abort();
    await flow;
  }
}

function lookAt(
  entry: Entry,
  gate: ArchiveGate,
): { iterator: AsyncIterator<Uint8Array>; answer: { entry: SourceEntry; last: boolean } | null } {
  const iterator = entry[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  const { name, size, type } = entry.header;
  const seen = gate.see(name, { folder: type === "directory", packed: null, unpacked: size });
  if (seen.verdict === "skip") return { iterator, answer: null };
  if (seen.verdict !== "take") return { iterator, answer: { entry: seen.refused, last: seen.verdict === "stop" } };
  const problem = problemOf(entry.header);
  if (problem !== null) return { iterator, answer: { entry: refuse(seen.path, ...problem), last: false } };
  const admitted = gate.admit(seen.path, size);
  if (admitted.verdict !== "take")
    return { iterator, answer: { entry: admitted.refused, last: admitted.verdict === "stop" } };
  const open = () => read(iterator, seen.path);
  return {
    iterator,
    answer: { entry: { kind: "file", path: seen.path, bytes: size, sequential: true, open }, last: false },
  };
}

function problemOf({ type }: Header): [code: string, message: string] | null {
  if (type === "file" || type === "contiguous-file") return null;
  if (type === "symlink" || type === "link") return ["link", "is a link; archives may only hold plain files"];
  return ["not-a-file", "is a device, pipe or another special file"];
}

/** Does not pass `return` on: a reader that stops early must not end the archive with it. */
async function* read(iterator: AsyncIterator<Uint8Array>, path: string): AsyncGenerator<Uint8Array> {
  for (;;) {
    let next: IteratorResult<Uint8Array>;
    try {
      next = await iterator.next();
    } catch (cause) {
      if (cause instanceof UserError) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new UserError(`${path} is cut off inside the archive: ${why}`, { code: "archive-entry-damaged", cause });
    }
    if (next.done === true) return;
    yield next.value;
  }
}

/** Ends the flow as soon as it gives far more bytes than went in. */
function createBombGuard(request: ArchiveRequest, packed: () => number): Transform {
  let unpacked = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      unpacked += chunk.byteLength;
      if (!isBomb(unpacked, packed(), request.limits)) return done(null, chunk);
      const message = `${bombMessage(unpacked, packed(), request.limits)}; this and everything behind it was left out`;
      done(new UserError(message, { code: "archive-bomb" }));
    },
  });
}
