import type { BlobRef, SourceItem } from "@loramill/contracts";

/** A file of a source whose bytes can be read. */
export interface SourceFile {
  readonly kind: "file";
  /** Relative to the source's root, with forward slashes. */
  readonly path: string;
  readonly bytes: number;
  /** When it was changed last, as far as its system or server says. A file of the same size and time is the same. */
  readonly modifiedMs?: number | undefined;
  /** True: the bytes must be read before the next entry is asked for (archives). False: any time, also side by side. */
  readonly sequential: boolean;
  readonly caption?: SourceItem["caption"];
  /** Of a frame of a video: where it lies in it. */
  readonly frame?: VideoFrame | undefined;
  /**
   * The bytes, once. Fails with UserError when this one file cannot be taken (unreadable, damaged, grown over the
   * limit): refuse it under its path with the error's code and message, and go on.
   */
  open(): AsyncIterable<Uint8Array>;
}

/** Where a frame lies in its video. */
export interface VideoFrame {
  readonly video: string;
  /** Counted from 0 at the start of the segment. */
  readonly number: number;
  /** From the start of the video. */
  readonly seconds: number;
  /** Null where the whole video, or one unnamed part of it, was read. */
  readonly segment: string | null;
}

/** A file that an upload put into the store already. */
export interface StoredFile {
  readonly kind: "stored";
  readonly path: string;
  readonly blob: BlobRef;
  readonly caption?: SourceItem["caption"];
  readonly repeats?: SourceItem["repeats"];
}

/** Something that is not taken, with the reason. The rest of the source goes on unless the message says otherwise. */
export interface RefusedFile {
  readonly kind: "refused";
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

export type SourceEntry = SourceFile | StoredFile | RefusedFile;

/** Longest text of a refused path; it may come from an archive and be anything. */
const MAX_SHOWN = 500;

/** Paths of refused files are shown to people: control characters are escaped, lengths capped. */
export function refuse(path: string, code: string, message: string): RefusedFile {
  const shown = path
    .toWellFormed()
    .replace(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
  return { kind: "refused", path: shown.slice(0, MAX_SHOWN) || "(no name)", code, message: message.slice(0, 1000) };
}
