import type { ExistingCaption, Refusal } from "@loramill/contracts";
import type { z } from "zod";

export type AnnotationCaption = z.output<typeof ExistingCaption>;

/** A file beside the pictures that says something of them. */
export interface AnnotationFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** What is said of one picture; what is absent is not known. */
export interface Annotation {
  readonly caption?: AnnotationCaption;
  /** How often an epoch shows it. */
  readonly repeats?: number;
}

/** What a reader of one convention found: by picture path, and what is wrong with the file. */
export interface Reading {
  readonly found: ReadonlyMap<string, Annotation>;
  readonly refused: readonly Refusal[];
}

/** Longest caption that is taken, in characters. */
export const MAX_CAPTION_CHARACTERS = 8192;
/** An epoch that shows a picture more often is a mistake: `2019_holiday` is a year and no number of repeats. */
export const MAX_REPEATS = 500;

/** The text in one line, or the reason why it cannot be a caption. */
export function cleanCaption(text: string, path: string): string | Refusal {
  const clean = text.replace(/[\s\p{Cc}]+/gu, " ").trim();
  if (clean === "") return { path, code: "caption-empty", message: "the caption is empty" };
  if (clean.length > MAX_CAPTION_CHARACTERS) {
    const message = `the caption is longer than ${MAX_CAPTION_CHARACTERS} characters`;
    return { path, code: "caption-too-long", message };
  }
  return clean;
}

/** UTF-8 text without its byte order mark, or null. */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

export function stemOf(path: string): string {
  return path.replace(/\.[^./]*$/, "");
}

/** `a/b` for `a/b/c.txt`, with a slash at the end; empty for a file at the top. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** A path that a file names, seen from that file's folder; null where it leaves the source. */
export function resolveFrom(folder: string, named: string): string | null {
  const parts: string[] = [];
  for (const part of `${folder}${named.replaceAll("\\", "/")}`.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join("/");
}
