import type { ClipOutput } from "@loramill/contracts";
import type { Output } from "../nodes/signature.ts";
import type { Audio, GraphOutput, Image, Making } from "./making.ts";

/** Saves pictures without loss; other formats are made of these files later. */
export function savePictures(
  making: Making,
  images: Image,
  { index = 0, count = 1, name = "image" }: { index?: number; count?: GraphOutput["count"]; name?: string } = {},
): void {
  making.draft.add("SaveImage", { images, filename_prefix: prefixOf(making, name) });
  making.outputs.push({ node: making.draft.lastId(), kind: "picture", index, count });
}

export interface SavedClip {
  readonly images: Image;
  readonly fps: number | Output<"FLOAT">;
  readonly audio?: Audio | undefined;
  readonly output: ClipOutput;
  readonly index?: number;
}

/** Saves a clip with ComfyUI's own nodes. WebM and WebP of these have no sound. */
export function saveClip(making: Making, { images, fps, audio, output, index = 0 }: SavedClip): void {
  const { draft } = making;
  const { format, quality } = output;
  const filename_prefix = prefixOf(making, "clip");
  if (format === "mp4") {
    const [video] = draft.add("CreateVideo", { images, fps, audio });
    // Servers before 0.33 read `codec`, later ones `format.codec`; both ignore the other.
    const codec = { format: "mp4", "format.codec": "h264", codec: "h264" };
    draft.add("SaveVideo", { video, filename_prefix, ...codec, ...(quality === undefined ? {} : encoding(quality)) });
  } else {
    if (audio !== undefined) making.notes.push(`the clip has no sound: ComfyUI saves ${format} without; take mp4`);
    if (format === "webm") {
      const crf = quality === undefined ? 32 : rateFactor(quality, 63);
      draft.add("SaveWEBM", { images, filename_prefix, codec: "vp9", fps, crf });
    } else {
      const look = { lossless: false, quality: quality ?? 85, method: "default" };
      draft.add("SaveAnimatedWEBP", { images, filename_prefix, fps, ...look });
    }
  }
  making.outputs.push({ node: draft.lastId(), kind: "clip", index, count: 1 });
}

/** The same with the pack VideoHelperSuite, which kinds use that need custom packs anyway. */
export function saveClipWithPack(making: Making, { images, fps, audio, output, index = 0 }: SavedClip): void {
  const { draft } = making;
  if (audio !== undefined && output.format === "webp") making.notes.push("the clip has no sound: WebP holds none");
  draft.add("VHS_VideoCombine", {
    images,
    frame_rate: fps,
    loop_count: 0,
    filename_prefix: prefixOf(making, "clip"),
    ...packFormat(output),
    pingpong: false,
    save_output: true,
    audio: output.format === "webp" ? undefined : audio,
  });
  making.outputs.push({ node: draft.lastId(), kind: "clip", index, count: 1 });
}

function packFormat({ format, quality, privacy }: ClipOutput) {
  if (format === "webp") return { format: "image/webp", lossless: false };
  const common = { pix_fmt: "yuv420p", save_metadata: !privacy, trim_to_audio: false };
  const isMp4 = format === "mp4";
  const crf = quality === undefined ? (isMp4 ? 19 : 20) : rateFactor(quality, isMp4 ? 51 : 63);
  return { format: isMp4 ? "video/h264-mp4" : "video/webm", crf, ...common };
}

const encoding = (quality: number) => ({
  "format.codec.encoding": "re-encode",
  "format.codec.encoding.crf": rateFactor(quality, 51),
  "format.codec.encoding.color_space": "auto",
});

/** Encoders count the other way round: 0 is best, `worst` the least. */
const rateFactor = (quality: number, worst: number): number => Math.round(((100 - quality) / 100) * worst);

const prefixOf = ({ names }: Making, name: string): string => `${names.filenamePrefix}/${name}`;
