import type { MappedFamily } from "./mapped-families.ts";

/**
 * Inputs that modules of a family have, where these tell models with the same module names apart: a loader refuses a
 * matrix of another width, mostly without a word. Null where nothing is expected.
 */
export function expectedInputs(family: MappedFamily, variant: string | null, module: string): number | null {
  if (variant === "refiner") return null;
  if (family === "sd15" || family === "sd2" || family === "sdxl") return unetInputs(family, module);
  const width = widthOf(family, variant);
  return width !== null && FROM_STREAM.test(module) ? width : null;
}

/** Modules of transformers that read the stream of tokens itself. */
const FROM_STREAM =
  /^transformer\..*\.(?:attn\d?\.(?:to_[qkv]|to_out\.0|add_[qkv]_proj|to_add_out|qkv|proj)|(?:img|txt)_attn\.(?:qkv|proj)|linear1|proj_mlp|(?:ff|ff_context|ffn|img_mlp|txt_mlp)\.net\.0\.proj)$/;

const wanWidths = { "1.3b": 1536, "5b": 3072, "14b": 5120 } as const;
const sd3Widths = { medium: 1536, "3.5-medium": 1536, "3.5-large": 2432 } as const;

function widthOf(family: MappedFamily, variant: string | null): number | null {
  if (family === "flux" || family === "qwen-image") return 3072;
  const widths: Readonly<Record<string, number>> = family === "wan" ? wanWidths : family === "sd3" ? sd3Widths : {};
  return Object.entries(widths).find(([name]) => variant?.startsWith(name))?.[1] ?? null;
}

/** Widths of the text embedding that cross-attention looks at. */
const contexts = { sd15: 768, sd2: 1024, sdxl: 2048 } as const;
/** Channels of the down blocks; the up blocks have them from the end to the start. */
const channels = { sd15: [320, 640, 1280, 1280], sd2: [320, 640, 1280, 1280], sdxl: [320, 640, 1280] } as const;

function unetInputs(family: keyof typeof contexts, module: string): number | null {
  if (/^unet\..*\.attn2\.to_[kv]$/.test(module)) return contexts[family];
  const found =
    /^unet\.(down|mid|up)_block(?:s\.(\d+))?\.attentions\..*\.(attn\d\.to_(?:[qkv]|out\.0)|ff\.net\.[02](?:\.proj)?)$/.exec(
      module,
    );
  if (found === null) return null;
  const widths = channels[family];
  const at = found[1] === "down" ? Number(found[2]) : found[1] === "up" ? widths.length - 1 - Number(found[2]) : -1;
  const width = widths.at(at) ?? null;
  // The second matrix of the feed-forward reads its fourfold inner width.
  return width !== null && found[3] === "ff.net.2" ? 4 * width : width;
}
