import type { Refusal } from "@loramill/contracts";
import type { Annotation, AnnotationFile } from "./annotation.ts";
import { isConfig, readConfig } from "./configs.ts";
import { readRepeatFolders } from "./folders.ts";
import { indexPictures } from "./picture-index.ts";
import { isTable, readTable } from "./rows.ts";
import { isSidecar, readSidecars } from "./sidecars.ts";

/** A caption of one picture may have this many bytes as a file. */
export const MAX_SIDECAR_BYTES = 32 * 1024;
/** A table or configuration of a whole dataset may have this many. */
export const MAX_TABLE_BYTES = 256 * 1024 * 1024;

/** Whether a file is read for what it says of the pictures, and how large it may be; by its name. Null: it is none. */
export function annotationLimitBytes(path: string): number | null {
  if (isSidecar(path)) return MAX_SIDECAR_BYTES;
  return isTable(path) || isConfig(path) ? MAX_TABLE_BYTES : null;
}

export interface Annotations {
  /** By picture path; pictures of which nothing is said are absent. */
  readonly found: ReadonlyMap<string, Annotation>;
  readonly refused: readonly Refusal[];
}

/**
 * What the files around the pictures say of them, whatever the convention. Where several speak, the nearest wins: the text
 * beside a picture, then its row in a table, then a configuration, then the name of its folder. Every convention may add
 * what the others leave open.
 */
export function readAnnotations(paths: readonly string[], files: readonly AnnotationFile[]): Annotations {
  const pictures = indexPictures(paths);
  const refused: Refusal[] = [];
  const layers: ReadonlyMap<string, Annotation>[] = [];
  const sidecars = readSidecars(
    files.filter(({ path }) => isSidecar(path)),
    pictures,
  );
  layers.push(sidecars.found);
  refused.push(...sidecars.refused);
  const tables = new Map<string, Iterable<string>>();
  for (const file of files.filter(({ path }) => isTable(path))) {
    const reading = readTable(file, pictures);
    tables.set(file.path, [...reading.found.keys()]);
    layers.push(reading.found);
    refused.push(...reading.refused);
  }
  for (const file of files.filter(({ path }) => isConfig(path))) {
    const reading = readConfig(file, pictures, tables);
    if (reading === null) refused.push(unknown(file.path));
    else {
      layers.push(reading.found);
      refused.push(...reading.refused);
    }
  }
  layers.push(readRepeatFolders(pictures));
  return { found: merge(paths, layers), refused };
}

function merge(paths: readonly string[], layers: readonly ReadonlyMap<string, Annotation>[]): Map<string, Annotation> {
  const found = new Map<string, Annotation>();
  for (const path of paths) {
    const merged: Annotation = Object.assign({}, ...layers.map((layer) => layer.get(path) ?? {}).reverse());
    if (Object.keys(merged).length > 0) found.set(path, merged);
  }
  return found;
}

function unknown(path: string): Refusal {
  const message = "the file says nothing of the pictures that is understood here (see docs/datasets.md)";
  return { path, code: "unknown-annotations", message };
}
