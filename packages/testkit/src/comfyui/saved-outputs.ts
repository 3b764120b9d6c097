import { createHash } from "node:crypto";
import { flatPng } from "./flat-png.ts";
import type { ServerFiles } from "./server-files.ts";
import { type PromptGraph, upstream } from "./validate-prompt.ts";

/** What a node that saves says of its files: pictures and clips of the core under `images`, those of a pack under `gifs`. */
type SavedOutput = Record<string, unknown>;

const CLIPS: Readonly<Record<string, (inputs: Record<string, unknown>) => string>> = {
  SaveVideo: ({ format }) => (format === "auto" || format === undefined ? "mp4" : String(format)),
  SaveWEBM: () => "webm",
  SaveAnimatedWEBP: () => "webp",
  VHS_VideoCombine: ({ format }) => (String(format).includes("webm") ? "webm" : "mp4"),
};

/**
 * Writes what a saving node would: its contents follow from the graph above it, so equal graphs give equal files.
 * Undefined for every other node.
 */
export function saveOutput(
  graph: PromptGraph,
  id: string,
  content: string,
  files: ServerFiles,
): SavedOutput | undefined {
  const { class_type: type = "", inputs = {} } = graph[id] ?? {};
  const prefix = String(inputs.filename_prefix);
  const digest = createHash("sha256").update(content).digest();
  if (type === "SaveImage") {
    const { width, height, count } = sizeOf(graph, id, files);
    const images = Array.from({ length: count }, (_, at) => {
      const [red = 0, green = 0, blue = 0] = digest;
      const bytes = flatPng(width, height, [red, green, (blue + at) % 256]);
      return { ...files.save("output", prefix, ".png", bytes), type: "output" };
    });
    return { images };
  }
  const extension = CLIPS[type]?.(inputs);
  if (extension === undefined) return undefined;
  const bytes = Buffer.concat([Buffer.from(`clip ${extension} `), digest]);
  const saved = { ...files.save("output", prefix, `.${extension}`, bytes), type: "output" };
  return type === "VHS_VideoCombine" ? { gifs: [saved] } : { images: [saved], animated: [true] };
}

/** Sides and number of the pictures that reach a node: of the first node above it that gives a size. */
function sizeOf(graph: PromptGraph, id: string, files: ServerFiles): { width: number; height: number; count: number } {
  const nodes = upstream(graph, id);
  // Two pictures go into each of these.
  const joined = nodes.filter((above) => graph[above]?.class_type === "ImageBatch").length;
  let size = { width: 64, height: 64, count: joined + 1 };
  for (const above of nodes) {
    const { class_type: type = "", inputs = {} } = graph[above] ?? {};
    const { width, height, batch_size: batch } = inputs;
    if (type === "LoadImage") {
      const png = files.all.get(`input/${inputs.image}`);
      if (png !== undefined && png.length > 24) {
        size = { ...size, width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
      }
    }
    if (typeof width === "number" && typeof height === "number") {
      size = { width, height, count: typeof batch === "number" ? batch : size.count };
    }
  }
  return size;
}
