import { join } from "node:path";
import { cacheLayout, Digest, mapBounded } from "@loramill/contracts";
import { z } from "zod";
import type { Disk } from "./disk.ts";

/** What is known of a file whose bytes were held against their digest. */
const Note = z.object({ name: z.string().min(1).max(255), bytes: z.int().min(0) });
type Note = z.output<typeof Note>;

/** All that a cache has under one digest. */
export interface Entry {
  readonly sha256: Digest;
  /** Of whole and half files. */
  readonly bytes: number;
  /** By the disk's clock; of a file without a note, when it came. */
  readonly usedMs: number;
  readonly isVerified: boolean;
}

/** Null when there is none, or half of one. */
export async function readNote(disk: Disk, folder: string, sha256: Digest): Promise<Note | null> {
  const text = await disk.read(join(folder, cacheLayout.note(sha256)));
  if (text === null) return null;
  try {
    return Note.parse(JSON.parse(text));
  } catch {
    // Then the bytes are held against their digest once more.
    return null;
  }
}

const AT_ONCE = 16;

/** Everything in a cache, in no order. What others change meanwhile may be in it or not. */
export async function listEntries(disk: Disk, folder: string): Promise<Entry[]> {
  const names = [
    ...(await disk.names(join(folder, cacheLayout.files))),
    ...(await disk.names(join(folder, cacheLayout.states))),
  ];
  const digests = [...new Set(names)].flatMap((name) => Digest.safeParse(name).data ?? []);
  return mapBounded(digests, AT_ONCE, (sha256) => readEntry(disk, folder, sha256));
}

async function readEntry(disk: Disk, folder: string, sha256: Digest): Promise<Entry> {
  const at = (path: string) => join(folder, path);
  const noteFacts = await disk.facts(at(cacheLayout.note(sha256)));
  const note = noteFacts === null ? null : await readNote(disk, folder, sha256);
  const files = await disk.names(at(cacheLayout.filesOf(sha256)));
  // Other names of a verified file are links to it.
  const counted = note === null ? files : files.filter((name) => name === note.name);
  const facts = await Promise.all([
    ...counted.map((name) => disk.facts(at(cacheLayout.file(sha256, name)))),
    disk.facts(at(cacheLayout.part(sha256))),
  ]);
  const found = facts.filter((one) => one !== null);
  return {
    sha256,
    bytes: found.reduce((sum, { bytes }) => sum + bytes, 0),
    usedMs: noteFacts?.modifiedMs ?? Math.max(0, ...found.map(({ modifiedMs }) => modifiedMs)),
    isVerified: note !== null && counted.length > 0,
  };
}
