import type { BlobRef } from "@loramill/contracts";

/** A prepared picture of a dataset as a trainer is to see it. */
export interface ExportItem {
  /** Path within the dataset: names in the export are made from it. */
  readonly path: string;
  readonly blob: BlobRef;
  /** Of the prepared picture, in pixels. */
  readonly width: number;
  readonly height: number;
  /** One line, or null where the picture has no caption. */
  readonly caption: string | null;
  /** How often an epoch shows the picture; 1 or more. */
  readonly repeats: number;
}

/** What the configuration files of an export say. */
export interface ExportSettings {
  /** Name of the dataset: of backends, archives and folders. */
  readonly name: string;
  /** What the subject is, such as `dog`; null: the dataset's name stands in where a layout needs a word. */
  readonly className: string | null;
  /** Side of the training resolution in pixels. */
  readonly resolution: number;
  /** Whether the pictures have several sizes. */
  readonly buckets: boolean;
}

/** A file of an export: bytes of the store under a new name, or text that was made for it (UTF-8). */
export type ExportFile =
  | { readonly path: string; readonly blob: BlobRef }
  | { readonly path: string; readonly text: string };

export interface ExportLayout {
  /** For people: who reads this layout. */
  readonly readBy: string;
  /** What the layout cannot carry of these items, in sentences; empty when nothing is lost. */
  warnings(items: readonly NamedItem[]): string[];
  /** The files in the order in which they are written. Equal items and settings give equal files. */
  files(items: readonly NamedItem[], settings: ExportSettings): Iterable<ExportFile>;
}

/** An item with a file name that no other has. */
export interface NamedItem extends ExportItem {
  /** Without extension: letters, digits, `-` and `_`. */
  readonly stem: string;
  /** Such as `png`. */
  readonly extension: string;
}
