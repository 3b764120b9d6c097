import { stringify } from "yaml";
import type { ExportFile, ExportLayout } from "../export-item.ts";
import { groupByRepeats, writePairs } from "./pairs.ts";

/**
 * ai-toolkit (Ostris): one folder of pictures with `.txt` captions per number of repeats, and the `datasets` part of its
 * job file.
 */
export const aiToolkitLayout: ExportLayout = {
  readBy: "ai-toolkit (paste dataset.yaml under config.process[0])",
  warnings: () => [],
  *files(items, { resolution }): Generator<ExportFile> {
    const groups = [...groupByRepeats(items)];
    const folderOf = (repeats: number) => (repeats === 1 ? "images" : `images_x${repeats}`);
    for (const [repeats, group] of groups) yield* writePairs(group, `${folderOf(repeats)}/`);
    const datasets = groups.map(([repeats]) => ({
      folder_path: folderOf(repeats),
      caption_ext: "txt",
      caption_dropout_rate: 0.05,
      shuffle_tokens: false,
      cache_latents_to_disk: true,
      num_repeats: repeats,
      resolution: [resolution],
    }));
    yield { path: "dataset.yaml", text: stringify({ datasets }) };
  },
};
