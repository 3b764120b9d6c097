import type { SourceLimits } from "./source-config.ts";
import { type RefusedFile, refuse } from "./source-entry.ts";

export type Admission =
  | { readonly verdict: "take" }
  /** This one is not taken. */
  | { readonly verdict: "refuse"; readonly refused: RefusedFile }
  /** Nor is anything behind it. */
  | { readonly verdict: "stop"; readonly refused: RefusedFile };

/** Counts what one source yields and says when it is too much. */
export interface SourceBudget {
  /** Counts an entry that is looked at, whether or not it is taken. */
  count(path: string): Admission;
  /** Counts the bytes of a file that would be taken. */
  admit(path: string, bytes: number): Admission;
}

const TAKE: Admission = { verdict: "take" };

export function createSourceBudget(limits: SourceLimits): SourceBudget {
  let entries = 0;
  let bytes = 0;
  return {
    count(path) {
      entries += 1;
      if (entries <= limits.maxFiles) return TAKE;
      const message = `the source has more than ${limits.maxFiles} files (SOURCE_MAX_FILES); this and everything behind it was left out`;
      return { verdict: "stop", refused: refuse(path, "too-many-files", message) };
    },
    admit(path, size) {
      if (size > limits.maxFileBytes) {
        const message = `${size} bytes are more than the ${limits.maxFileBytes} a file may have (SOURCE_MAX_FILE_BYTES)`;
        return { verdict: "refuse", refused: refuse(path, "file-too-large", message) };
      }
      if (bytes + size > limits.maxTotalBytes) {
        const message = `with it the source passes ${limits.maxTotalBytes} bytes (SOURCE_MAX_TOTAL_BYTES); this and everything behind it was left out`;
        return { verdict: "stop", refused: refuse(path, "source-too-large", message) };
      }
      bytes += size;
      return TAKE;
    },
  };
}
