import type { Json } from "@loramill/contracts";
import type { Place } from "./place.ts";

/** Longest name of a run, in characters. */
const MAX_NAME = 100;

/** A text as a name takes it. */
const cleaned = (text: string): string =>
  text
    .replace(/[^\p{L}\p{N} ._-]+/gu, "-")
    .replace(/^[^\p{L}\p{N}]+/u, "")
    .replace(/[- ]+$/, "");

/** What sets a member apart, in a word each: its folder, and of the matrix the last word of each field with its value. */
export function labelsOf({ folder, matrix }: Pick<Place, "folder" | "matrix">): string[] {
  const combination = Object.entries(matrix).map(([field, value]) => `${field.split(".").at(-1)}-${inWords(value)}`);
  return [...(folder === null ? [] : [folder.name]), ...combination].map(cleaned).filter(Boolean);
}

/** The name of a member whose template has none: by its folder and matrix; where rows set it apart, by the batch and its number. */
export function memberName(batch: string, place: Place, number: number): string {
  const labels = labelsOf(place);
  if (place.folder === null) labels.unshift(place.row === null ? batch : `${batch} ${number}`);
  const name = labels.join(" ");
  if (name.length <= MAX_NAME) return name || `${batch} ${number}`;
  const end = ` ${number}`;
  return `${name.slice(0, MAX_NAME - end.length)}${end}`;
}

/** The name of a dataset that several members share. */
export const datasetName = (batch: string, folder: Place["folder"]): string =>
  (folder === null ? batch : cleaned(folder.name).slice(0, MAX_NAME)) || batch;

const inWords = (value: Json): string => (typeof value === "string" ? value : JSON.stringify(value));
