import type { ExportLayout } from "../export-item.ts";
import { aiToolkitLayout } from "./ai-toolkit.ts";
import { imagefolderLayout } from "./imagefolder.ts";
import { kohyaLayout } from "./kohya.ts";
import { musubiLayout } from "./musubi.ts";
import { comfyuiLayout, replicateLayout } from "./plain.ts";
import { simpleTunerLayout } from "./simpletuner.ts";
import { webdatasetLayout } from "./webdataset.ts";

/** Every layout a dataset can be exported in, by the name that users type. */
export const exportLayouts = {
  kohya: kohyaLayout,
  "ai-toolkit": aiToolkitLayout,
  simpletuner: simpleTunerLayout,
  musubi: musubiLayout,
  imagefolder: imagefolderLayout,
  webdataset: webdatasetLayout,
  replicate: replicateLayout,
  comfyui: comfyuiLayout,
} as const satisfies Record<string, ExportLayout>;
