import { basename, join } from "node:path";
import {
  type AgentCacheHealth,
  cacheLayout,
  Digest,
  lockNumber,
  MAX_HELD_DIGESTS,
  mapBounded,
  PACK_NAME,
  type PicturePack,
} from "@loramill/contracts";
import { download, type Origin, type TransferParts, wrongDigest } from "../transfer.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import { type Entry, listEntries, readNote } from "./entries.ts";
import { createLocks, type Lock } from "./lock.ts";
import { makeRoom } from "./make-room.ts";
import { createMarks } from "./marks.ts";
import { startPresence, systemTicker, type Ticker } from "./presence.ts";

export interface CachedFile {
  readonly sha256: Digest;
  readonly bytes: number;
  /** Its last part may say the format: trainers tell formats by extension. */
  readonly name: string;
}

export interface TakenFile {
  /** Absolute. */
  readonly path: string;
  /** The file may go from now on. Safe to call twice. */
  release(): Promise<void>;
}

/**
 * Files by digest: base models and pictures, kept between jobs and, on a volume, between the machines that share it. Each
 * is fetched by one at a time, held against its digest before it has its name, and stays while a job has it.
 */
export interface ContentCache {
  /** PermanentError `wrong-digest` when what is sent is something else, twice. */
  take(file: CachedFile, origin: Origin, parts: TransferParts): Promise<TakenFile>;
  /** The file that somebody brought for a whole set of pictures, verified; null where there is none. Nothing is fetched. */
  findPack(pack: Pick<PicturePack, "pictures" | "bytes">, signal: AbortSignal): Promise<TakenFile | null>;
  /** Keeps files for a job that was begun in an earlier life of this agent; what is gone is not fetched again. */
  keep(files: readonly Pick<CachedFile, "sha256">[]): () => Promise<void>;
  /** Once, when all jobs of earlier lives have kept theirs: what is left of those that are over goes. */
  forgetPast(): Promise<void>;
  /** At most half a minute old. */
  health(): Promise<AgentCacheHealth>;
  /** Safe to call twice. */
  close(): Promise<void>;
}

const HEALTH_AGE_MS = 30_000;
/** Others may fill a shared folder meanwhile; a look through a large one takes a while. */
const ROOM_AGE_MS = 600_000;
const LOOKS_AT_ONCE = 16;

export async function openContentCache(options: {
  readonly folder: string;
  readonly maxBytes: number;
  /** The same in all lives of one agent, and of nobody else: letters, digits, `-` and `_`. */
  readonly owner: string;
  readonly disk?: Disk;
  readonly ticker?: Ticker;
}): Promise<ContentCache> {
  const { folder, maxBytes, owner, disk = nodeDisk, ticker = systemTicker } = options;
  const presence = await startPresence({ disk, folder, owner, ticker });
  const locks = createLocks({ disk, folder, presence, ticker });
  const marks = createMarks(disk, folder, presence);
  const underWay = new Map<Digest, Promise<void>>();
  let looked: { readonly at: number; readonly entries: Promise<readonly Entry[]> } | null = null;
  /** Bytes in the cache as of the last look for room, with what was fetched here since. */
  let counted: { readonly at: number; bytes: number } | null = null;
  const at = (path: string) => join(folder, path);
  const fileOf = ({ sha256, name }: CachedFile) => at(cacheLayout.file(sha256, name));

  const isOfSize = async (path: string, bytes: number) => (await disk.facts(path))?.bytes === bytes;
  /** Its digest was checked when it came; reading many gigabytes again for every job would take minutes. */
  async function isWhole(file: CachedFile): Promise<boolean> {
    if ((await readNote(disk, folder, file.sha256)) === null) return false;
    return isOfSize(fileOf(file), file.bytes);
  }
  const writeNote = ({ sha256, name, bytes }: CachedFile) =>
    disk.replace(at(cacheLayout.note(sha256)), JSON.stringify({ name, bytes }));

  /** Finds the file under another name, or as somebody left it without a note. */
  async function adopt(file: CachedFile, lock: Lock): Promise<boolean> {
    const { sha256, bytes } = file;
    const note = await readNote(disk, folder, sha256);
    // What jobs may be using is not thrown away for one who says that it has another size.
    if (note !== null && note.bytes !== bytes) throw wrongDigest(file);
    const names = await disk.names(at(cacheLayout.filesOf(sha256)));
    for (const name of note === null ? names : [note.name]) {
      const path = at(cacheLayout.file(sha256, name));
      if (!(await isOfSize(path, bytes))) continue;
      if (note === null && (await disk.digest(path)) !== sha256) continue;
      lock.assertHeld();
      if (name !== file.name) {
        await disk.remove(fileOf(file));
        await disk.alias(name, fileOf(file));
      }
      if (note === null) await writeNote({ ...file, name });
      return true;
    }
    // What is left is not what its digest says.
    await disk.remove(at(cacheLayout.note(sha256)));
    await disk.remove(at(cacheLayout.filesOf(sha256)));
    return false;
  }

  /** Looking through a whole cache for every picture would take longer than the pictures. */
  async function ensureRoom(bytes: number): Promise<void> {
    const isStale = counted === null || ticker.now() - counted.at > ROOM_AGE_MS;
    if (counted === null || isStale || bytes * 100 > maxBytes || counted.bytes + bytes > maxBytes) {
      const left = await makeRoom({ disk, folder, locks, marks }, { bytes, maxBytes });
      counted = { at: ticker.now(), bytes: left.reduce((sum, entry) => sum + entry.bytes, 0) };
    }
    counted.bytes += bytes;
  }

  async function bring(file: CachedFile, origin: Origin, parts: TransferParts): Promise<void> {
    const lock = await locks.take(file.sha256, parts.signal);
    try {
      if ((await isWhole(file)) || (await adopt(file, lock))) return;
      const partial = at(cacheLayout.part(file.sha256));
      const rest = file.bytes - ((await disk.facts(partial))?.bytes ?? 0);
      await ensureRoom(Math.max(0, rest));
      const target = { path: fileOf(file), partial, assertMayWrite: lock.assertHeld };
      await download(origin, file, target, { ...parts, disk });
      await writeNote(file);
      looked = null;
    } finally {
      await lock.release();
    }
  }

  /** Whether it is here, under whatever name; one that was never held against its digest is now. */
  async function isHere(file: CachedFile, signal: AbortSignal): Promise<boolean> {
    if (await isWhole(file)) return true;
    const note = await readNote(disk, folder, file.sha256);
    const names = await disk.names(at(cacheLayout.filesOf(file.sha256)));
    if (names.length === 0 || (note !== null && note.bytes !== file.bytes)) return false;
    const lock = await locks.take(file.sha256, signal);
    try {
      return (await isWhole(file)) || (await adopt(file, lock));
    } finally {
      await lock.release();
    }
  }

  /** The file for a job; its age is from now on that of this use. */
  async function give(file: CachedFile, release: () => Promise<void>): Promise<TakenFile> {
    const note = await readNote(disk, folder, file.sha256);
    if (note !== null) await disk.replace(at(cacheLayout.note(file.sha256)), JSON.stringify(note));
    return { path: fileOf(file), release };
  }

  return {
    async take(file, origin, parts) {
      const release = await marks.add(file.sha256);
      try {
        while (!(await isWhole(file))) await once(underWay, file.sha256, () => bring(file, origin, parts));
        return await give(file, release);
      } catch (error) {
        await release();
        throw error;
      }
    },
    async findPack({ pictures, bytes }, signal) {
      for (const name of await disk.names(at(cacheLayout.packsOf(pictures)))) {
        const { data: sha256 } = Digest.safeParse(name);
        if (sha256 === undefined) continue;
        const file = { sha256, bytes, name: PACK_NAME };
        const release = await marks.add(sha256);
        try {
          if (await isHere(file, signal)) return await give(file, release);
          await release();
        } catch (error) {
          await release();
          throw error;
        }
      }
      return null;
    },
    keep(files) {
      const adding = files.map(({ sha256 }) => marks.add(sha256));
      const added = Promise.allSettled(adding);
      return async () => {
        for (const one of await added) if (one.status === "fulfilled") await one.value();
      };
    },
    async forgetPast() {
      const digests = (await disk.names(at(cacheLayout.states))).flatMap((name) => Digest.safeParse(name).data ?? []);
      await mapBounded(digests, LOOKS_AT_ONCE, async (sha256) => {
        const names = await disk.names(at(cacheLayout.state(sha256)));
        if (names.includes(basename(cacheLayout.use(sha256, owner)))) await marks.forgetPast(sha256);
        if (names.some((name) => lockNumber(name) !== null)) await locks.forgetPast(sha256);
      });
    },
    async health() {
      if (looked === null || ticker.now() - looked.at > HEALTH_AGE_MS) {
        looked = { at: ticker.now(), entries: listEntries(disk, folder) };
      }
      const entries = await looked.entries;
      const held = entries.filter(({ isVerified }) => isVerified).sort((a, b) => b.bytes - a.bytes);
      return {
        bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
        maxBytes,
        digests: held.slice(0, MAX_HELD_DIGESTS).map(({ sha256 }) => sha256),
      };
    },
    close: () => presence.stop(),
  };
}

/** Joins work of the same name that is under way. One whose leader was stopped is begun again by who still waits. */
async function once(underWay: Map<Digest, Promise<void>>, name: Digest, work: () => Promise<void>): Promise<void> {
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
