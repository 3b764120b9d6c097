import { stringify } from "smol-toml";
import type { ExportFile, ExportLayout, NamedItem } from "../export-item.ts";
import { groupByRepeats } from "./pairs.ts";

/** musubi-tuner (Wan, Hunyuan, Qwen-Image …): `images/`, a JSONL per number of repeats, and `dataset.toml` over them. */
export const musubiLayout: ExportLayout = {
  readBy: "musubi-tuner (--dataset_config dataset.toml, run from this folder)",
  warnings: (items) => {
    const bare = items.filter(({ caption }) => caption === null).length;
    return bare === 0 ? [] : [`${bare} pictures have no caption: their line has an empty one`];
  },
  *files(items, { resolution, buckets }): Generator<ExportFile> {
    const groups = [...groupByRepeats(items)];
    for (const { stem, extension, blob } of items) yield { path: `images/${stem}.${extension}`, blob };
    for (const [repeats, group] of groups) yield { path: jsonlOf(repeats), text: group.map(lineOf).join("") };
    const datasets = groups.map(([repeats]) => ({
      image_jsonl_file: jsonlOf(repeats),
      cache_directory: `cache/x${repeats}`,
      num_repeats: repeats,
    }));
    const general = {
      resolution: [resolution, resolution],
      batch_size: 1,
      enable_bucket: buckets,
      bucket_no_upscale: true,
    };
    yield { path: "dataset.toml", text: `${stringify({ general, datasets })}\n` };
  },
};

const jsonlOf = (repeats: number): string => (repeats === 1 ? "images.jsonl" : `images_x${repeats}.jsonl`);

function lineOf({ stem, extension, caption }: NamedItem): string {
  return `${JSON.stringify({ image_path: `images/${stem}.${extension}`, caption: caption ?? "" })}\n`;
}
