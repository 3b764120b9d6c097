import type { ExportFile, ExportLayout } from "../export-item.ts";
import { groupByRepeats, writePairs } from "./pairs.ts";

/**
 * SimpleTuner: folders of pairs and `multidatabackend.json`, which names one backend for each of them and one for the
 * text embeddings. SimpleTuner counts repeats beyond the first.
 */
export const simpleTunerLayout: ExportLayout = {
  readBy: "SimpleTuner (--data_backend_config multidatabackend.json, run from this folder)",
  warnings: () => [],
  *files(items, { name, resolution, buckets }): Generator<ExportFile> {
    const id = name.replace(/[^A-Za-z0-9_-]+/g, "-");
    const groups = [...groupByRepeats(items)];
    const folderOf = (repeats: number) => (repeats === 1 ? "images" : `images_x${repeats}`);
    for (const [repeats, group] of groups) yield* writePairs(group, `${folderOf(repeats)}/`);
    const backends = groups.map(([repeats]) => ({
      id: repeats === 1 ? id : `${id}-x${repeats}`,
      type: "local",
      dataset_type: "image",
      instance_data_dir: folderOf(repeats),
      caption_strategy: "textfile",
      crop: !buckets,
      ...(buckets ? {} : { crop_aspect: "square", crop_style: "center" }),
      resolution,
      resolution_type: buckets ? "pixel_area" : "pixel",
      minimum_image_size: 0,
      repeats: repeats - 1,
      cache_dir_vae: `cache/vae/${id}-x${repeats}`,
    }));
    const text = {
      id: `${id}-text`,
      type: "local",
      dataset_type: "text_embeds",
      default: true,
      cache_dir: "cache/text",
    };
    yield { path: "multidatabackend.json", text: `${JSON.stringify([...backends, text], null, 2)}\n` };
  },
};
