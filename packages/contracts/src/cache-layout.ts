import type { Digest } from "./digest.ts";

/**
 * Where things lie in a cache by digest: a folder for agents, keys of the same names for who fills a volume through its S3 API.
 * What both do to one volume is safe by one order: who uses a file marks it and then reads its note; who removes one locks it,
 * removes its note and then looks for marks.
 */
export const cacheLayout = {
  /** Whole files: `files/DIGEST/NAME`. A file without a note was brought by somebody who does not verify for agents. */
  files: "files",
  filesOf: (sha256: Digest): string => `files/${sha256}`,
  file: (sha256: Digest, name: string): string => `files/${sha256}/${name}`,
  states: "state",
  state: (sha256: Digest): string => `state/${sha256}`,
  /** Says that an agent has held the bytes against their digest; written anew at each use, so that its age is that of the last. */
  note: (sha256: Digest): string => `state/${sha256}/verified.json`,
  part: (sha256: Digest): string => `state/${sha256}/part`,
  /** Text: the owner. The highest number holds. */
  lock: (sha256: Digest, number: number): string => `state/${sha256}/${lockName(number)}`,
  use: (sha256: Digest, owner: string): string => `state/${sha256}/use-${owner}`,
  /**
   * Says which file holds the pictures of a set: `packs/PICTURES/DIGEST`, written when that file is there. One that outlives its file
   * misleads nobody, since the file is looked for.
   */
  packs: "packs",
  packsOf: (pictures: Digest): string => `packs/${pictures}`,
  pack: (pictures: Digest, sha256: Digest): string => `packs/${pictures}/${sha256}`,
  heartbeats: "agents",
  /** Changes every few seconds while its owner lives. */
  heartbeat: (owner: string): string => `agents/${owner}`,
} as const;

export const lockName = (number: number): string => `lock-${String(number).padStart(9, "0")}`;
export const lockNumber = (name: string): number | null => {
  const [, digits] = /^lock-(\d{9})$/.exec(name) ?? [];
  return digits === undefined ? null : Number(digits);
};
/** The owner of a mark of use; null for other names. */
export const userOf = (name: string): string | null => /^use-([\w-]{1,64})$/.exec(name)?.[1] ?? null;
