import type { Digest, JsonObject } from "@loramill/contracts";

export interface Fingerprint {
  /** Equal sources have equal digests, wherever they lie. */
  readonly digest: Digest;
  /** Files; null where only reading an archive would tell. */
  readonly items: number | null;
  /** Null where nobody says before it is read. */
  readonly bytes: number | null;
  /**
   * `content`: of every byte; `stat`: some of it of sizes and times of change only; `assumed`: some of it is on web
   * servers, and taken to be what it was when it was fetched.
   */
  readonly mode: "content" | "stat" | "assumed";
}

/** Of one source. */
export interface Part extends Omit<Fingerprint, "digest"> {
  readonly identity: JsonObject;
}

/** Null where one of them is not known. */
export function sumOf(counts: readonly (number | null)[]): number | null {
  return counts.reduce((sum, count) => (sum === null || count === null ? null : sum + count), 0);
}
