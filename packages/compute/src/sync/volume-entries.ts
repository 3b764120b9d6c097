import { cacheLayout, Digest, lockNumber, userOf, type VolumeFiles } from "@loramill/contracts";

/** All that a volume's cache has under one digest, as its listing tells. */
export interface VolumeEntry {
  readonly sha256: Digest;
  /** Of whole and half files. */
  bytes: number;
  /** Sizes of whole files by name. */
  readonly files: Map<string, number>;
  /** By the volume's clock: last use by an agent, or when it came. */
  usedAt: number;
  hasNote: boolean;
  /** Agents with a mark of use. */
  readonly users: string[];
  readonly locks: number[];
  readonly keys: string[];
}

/** Everything below the cache's folder. */
export interface VolumeListing {
  readonly entries: ReadonlyMap<Digest, VolumeEntry>;
  /** Which file is named for which set of pictures: that file's digest by the key that says so. */
  readonly packs: ReadonlyMap<string, Digest>;
  /** Time of each owner's last heartbeat, by the volume's clock. */
  readonly heartbeats: ReadonlyMap<string, number>;
}

export async function listVolume(volume: VolumeFiles, signal: AbortSignal, prefix = ""): Promise<VolumeListing> {
  const entries = new Map<Digest, VolumeEntry>();
  const packs = new Map<string, Digest>();
  const heartbeats = new Map<string, number>();
  for await (const { key, bytes, modifiedAt } of volume.list(prefix, { signal })) {
    const [place = "", name = "", file = ""] = key.split("/");
    if (place === cacheLayout.heartbeats) heartbeats.set(name, modifiedAt.getTime());
    const packed = Digest.safeParse(file);
    if (place === cacheLayout.packs && packed.success) packs.set(key, packed.data);
    const sha256 = Digest.safeParse(name);
    if (!sha256.success || (place !== cacheLayout.files && place !== cacheLayout.states)) continue;
    const entry = entries.get(sha256.data) ?? emptyEntry(sha256.data);
    entries.set(sha256.data, entry);
    entry.keys.push(key);
    const at = modifiedAt.getTime();
    if (place === cacheLayout.files) {
      entry.files.set(file, bytes);
      entry.bytes += bytes;
      if (!entry.hasNote) entry.usedAt = Math.max(entry.usedAt, at);
      continue;
    }
    if (key === cacheLayout.part(sha256.data)) entry.bytes += bytes;
    if (key === cacheLayout.note(sha256.data)) Object.assign(entry, { hasNote: true, usedAt: at });
    entry.users.push(...[userOf(file)].filter((user) => user !== null));
    entry.locks.push(...[lockNumber(file)].filter((number) => number !== null));
  }
  return { entries, packs, heartbeats };
}

const emptyEntry = (sha256: Digest): VolumeEntry => ({
  sha256,
  bytes: 0,
  files: new Map(),
  usedAt: 0,
  hasNote: false,
  users: [],
  locks: [],
  keys: [],
});
