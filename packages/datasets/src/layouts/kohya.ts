import { stringify } from "smol-toml";
import type { ExportFile, ExportLayout, ExportSettings, NamedItem } from "../export-item.ts";
import { groupByRepeats, writePairs } from "./pairs.ts";

/**
 * kohya's sd-scripts: a folder `<repeats>_<class tokens>` for each number of repeats (what `--train_data_dir` reads) and
 * `dataset.toml` over the same folders (what `--dataset_config` reads). A picture without a caption is captioned by its
 * class tokens there. Facts: sd-scripts' config README.
 */
export const kohyaLayout: ExportLayout = {
  readBy: "kohya sd-scripts (--train_data_dir, or --dataset_config dataset.toml run from this folder)",
  warnings: (items) => {
    const bare = items.filter(({ caption }) => caption === null).length;
    return bare === 0 ? [] : [`${bare} pictures have no caption: sd-scripts will use the class tokens of their folder`];
  },
  *files(items, settings): Generator<ExportFile> {
    const groups = [...groupByRepeats(items)];
    for (const [repeats, group] of groups) yield* writePairs(group, `${folderOf(repeats, settings)}/`);
    yield { path: "dataset.toml", text: `${stringify(configOf(groups, settings))}\n` };
  },
};

function configOf(groups: readonly (readonly [number, readonly NamedItem[]])[], settings: ExportSettings) {
  const subsets = groups.map(([repeats]) => ({
    image_dir: folderOf(repeats, settings),
    class_tokens: classTokens(settings),
    num_repeats: repeats,
  }));
  return {
    general: { caption_extension: ".txt", shuffle_caption: false, keep_tokens: 1 },
    datasets: [
      {
        resolution: settings.resolution,
        batch_size: 1,
        enable_bucket: settings.buckets,
        ...(settings.buckets ? { bucket_reso_steps: 64, bucket_no_upscale: true } : {}),
        subsets,
      },
    ],
  };
}

const folderOf = (repeats: number, settings: ExportSettings): string => `${repeats}_${classTokens(settings)}`;

function classTokens({ className, name }: ExportSettings): string {
  return (className ?? name).replace(/[\\/:*?"<>|\p{Cc}]+/gu, " ").trim() || "images";
}
