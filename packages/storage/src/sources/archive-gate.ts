import { UserError } from "@loramill/contracts";
import { type Admission, createSourceBudget } from "./source-budget.ts";
import type { SourceLimits } from "./source-config.ts";
import { type RefusedFile, refuse } from "./source-entry.ts";
import { cleanName, isJunk } from "./source-names.ts";

/** Below this many unpacked bytes a high ratio harms nobody: a plain picture of one colour packs well. */
const RATIO_FLOOR_BYTES = 16 * 1024 * 1024;

export interface ArchiveRequest {
  /** Where the archive lies, and how it is called in messages. */
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  readonly limits: SourceLimits;
  readonly signal?: AbortSignal | undefined;
}

export interface SeenEntry {
  readonly folder: boolean;
  /** Bytes in the archive, where the format knows them per entry. */
  readonly packed: number | null;
  readonly unpacked: number;
}

type Seen =
  | { readonly verdict: "skip" }
  | { readonly verdict: "take"; readonly path: string }
  | Exclude<Admission, { verdict: "take" }>;

/** Decides about the entries of one archive: names, doubles, limits, bombs. */
export interface ArchiveGate {
  /** Counts an entry and looks at its name and sizes. */
  see(name: string, entry: SeenEntry): Seen;
  /** Counts the bytes of an entry that would be taken. */
  admit(path: string, bytes: number): Admission;
}

export function createArchiveGate(request: ArchiveRequest): ArchiveGate {
  const { limits } = request;
  const budget = createSourceBudget(limits);
  const taken = new Set<string>();
  let unpacked = 0;
  return {
    see(name, entry) {
      const counted = budget.count(name);
      if (counted.verdict !== "take") return counted;
      const clean = cleanName(name);
      if ("problem" in clean) return refusal(name, clean.code, clean.problem);
      if (entry.folder || isJunk(clean.path)) return { verdict: "skip" };
      if (entry.packed !== null && isBomb(entry.unpacked, entry.packed, limits)) {
        return refusal(clean.path, "archive-bomb", bombMessage(entry.unpacked, entry.packed, limits));
      }
      if (taken.has(clean.path)) {
        return refusal(clean.path, "duplicate-path", "the archive holds another entry of this name, which was read");
      }
      taken.add(clean.path);
      return { verdict: "take", path: clean.path };
    },
    admit(path, bytes) {
      const admitted = budget.admit(path, bytes);
      if (admitted.verdict !== "take") return admitted;
      unpacked += bytes;
      // Entries may share their packed bytes, so that each alone looks harmless.
      if (!isBomb(unpacked, request.bytes, limits)) return admitted;
      const message = `${bombMessage(unpacked, request.bytes, limits)}; this and everything behind it was left out`;
      return { verdict: "stop", refused: refuse(path, "archive-bomb", message) };
    },
  };
}

function refusal(path: string, code: string, message: string): Seen {
  return { verdict: "refuse", refused: refuse(path, code, message) };
}

export function isBomb(unpacked: number, packed: number, limits: SourceLimits): boolean {
  return unpacked > RATIO_FLOOR_BYTES && unpacked > packed * limits.maxArchiveRatio;
}

export function bombMessage(unpacked: number, packed: number, limits: SourceLimits): string {
  return `${packed} packed bytes would become ${unpacked} or more, over ${limits.maxArchiveRatio} to 1 (ARCHIVE_MAX_RATIO)`;
}

/** What is said when an archive cannot be opened. */
export function archiveUnreadable(request: ArchiveRequest, error: unknown): RefusedFile {
  const why = error instanceof Error ? error.message : String(error);
  return refuse(request.name, "archive-damaged", `the archive cannot be read (${why}); nothing of it was used`);
}

/** What is said when an archive cannot be read on. */
export function archiveDamaged(request: ArchiveRequest, error: unknown): RefusedFile {
  if (error instanceof UserError) return refuse(request.name, error.code, error.message);
  const why = error instanceof Error ? error.message : String(error);
  return refuse(
    request.name,
    "archive-damaged",
    `the archive is cut off or damaged (${why}); what was read before this place is used, the rest was left out`,
  );
}
