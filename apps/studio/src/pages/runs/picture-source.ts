import type { Digest } from "@loramill/contracts";
import { nameOfFolder } from "./name-of-folder.ts";

/** Where the pictures of a run are to come from, as it is being filled in; what is not chosen is kept for when it is. */
export interface PictureSource {
  readonly from: "dataset" | "folder" | "upload";
  readonly dataset: string;
  /** On the mill's machine. */
  readonly path: string;
  /** Of this device. */
  readonly files: readonly File[];
}

/** The same as a spec names it: files of this device by the listing that they were sent with. */
export type NamedSource =
  | { readonly type: "dataset"; readonly dataset: string }
  | { readonly type: "folder"; readonly path: string }
  | { readonly type: "upload"; readonly listing: Digest };

export const noPictures: PictureSource = { from: "folder", dataset: "", path: "", files: [] };

export const hasPictures = ({ from, dataset, path, files }: PictureSource): boolean =>
  from === "upload" ? files.length > 0 : (from === "dataset" ? dataset : path).trim() !== "";

/** What a run of them could be called: as the dataset or the folder is; empty where neither has a name. */
export const nameOfPictures = ({ from, dataset, path, files }: PictureSource): string =>
  from === "dataset"
    ? (dataset.split("@")[0] ?? "")
    : nameOfFolder(from === "folder" ? path : (files[0]?.webkitRelativePath.split("/")[0] ?? ""));
