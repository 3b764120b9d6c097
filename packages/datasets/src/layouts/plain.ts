import type { ExportLayout } from "../export-item.ts";
import { warnOfRepeats, writePairs } from "./pairs.ts";

/** One flat folder of pictures and captions, as Replicate's trainers take it (packed as zip). */
export const replicateLayout: ExportLayout = {
  readBy: "Replicate's trainers (input_images: the zip)",
  warnings: (items) => warnOfRepeats(items, "a Replicate zip"),
  files: (items) => writePairs(items),
};

/** The same, below a folder of the dataset's name, as ComfyUI's node LoadImageTextDataSetFromFolder finds it under `input`. */
export const comfyuiLayout: ExportLayout = {
  readBy: "ComfyUI's training nodes (put the folder into ComfyUI/input)",
  warnings: (items) => warnOfRepeats(items, "a folder for ComfyUI"),
  files: (items, { name }) => writePairs(items, `${name.replace(/[^\p{L}\p{N} _-]+/gu, "_")}/`),
};
