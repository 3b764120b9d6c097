import type { RgbImage } from "@loramill/contracts";
import type { Kernel } from "@loramill/imaging";
import { z } from "zod";

const Side = z.int().min(1).max(4096);
const Channels = z.array(z.number()).length(3);

/** Pillow's numbers of its ways to resize. */
const KERNELS = { 0: "nearest", 1: "lanczos3", 2: "linear", 3: "cubic" } as const satisfies Record<number, Kernel>;

/** What `preprocessor_config.json` says of CLIP's and SigLIP's image processors; a bare number is what older files have. */
const PreprocessorFile = z.looseObject({
  do_resize: z.boolean().default(true),
  size: z.union([
    Side.transform((side) => ({ shortest_edge: side })),
    z.looseObject({ shortest_edge: Side }),
    z.looseObject({ height: Side, width: Side }),
  ]),
  resample: z.literal([0, 1, 2, 3]).default(3),
  do_center_crop: z.boolean().optional(),
  crop_size: z
    .union([Side.transform((side) => ({ height: side, width: side })), z.looseObject({ height: Side, width: Side })])
    .optional(),
  do_rescale: z.boolean().default(true),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: Channels.default([0.48145466, 0.4578275, 0.40821073]),
  image_std: Channels.refine((values) => values.every((value) => value > 0)).default([
    0.26862954, 0.26130258, 0.27577711,
  ]),
});

interface Size {
  readonly width: number;
  readonly height: number;
}

/** From a picture to what a model takes. */
export interface Preprocessor {
  readonly kernel: Kernel;
  /** Of the model's input, in pixels. */
  readonly target: Size;
  /** Size that a picture is brought to before it is cut, in pixels. */
  resized(picture: Size): Size;
  /** The values of a resized picture, cut in its middle: channel by channel, red first. */
  toValues(resized: RgbImage): Float32Array;
}

/** Throws z.ZodError for what is no such file. */
export function parsePreprocessor(json: unknown): Preprocessor {
  const file = PreprocessorFile.parse(json);
  const { size, crop_size } = file;
  const crop = (file.do_center_crop ?? crop_size !== undefined) ? crop_size : undefined;
  const whole = "height" in size ? { width: size.width as number, height: size.height as number } : null;
  const target = crop ?? whole;
  if (target === null || !file.do_resize) {
    throw new z.ZodError([
      { code: "custom", path: ["size"], input: size, message: "pictures do not all come out at one size" },
    ]);
  }
  return {
    kernel: KERNELS[file.resample],
    target: { width: target.width, height: target.height },
    resized: whole === null ? (picture) => byShortestEdge(picture, size.shortest_edge as number) : () => whole,
    toValues: (image) => normalise(image, target, file),
  };
}

/** The longer side is cut off to whole pixels, as Pillow's users do. */
function byShortestEdge({ width, height }: Size, side: number): Size {
  const [shorter, longer] = width <= height ? [width, height] : [height, width];
  const other = Math.max(side, Math.floor((side * longer) / shorter));
  return width <= height ? { width: side, height: other } : { width: other, height: side };
}

/** What lies beyond a picture that is smaller than the cut is black, before the values are normalised. */
function normalise(
  image: RgbImage,
  { width, height }: Size,
  file: Pick<
    z.output<typeof PreprocessorFile>,
    "do_rescale" | "rescale_factor" | "do_normalize" | "image_mean" | "image_std"
  >,
): Float32Array {
  const left = Math.floor((image.width - width) / 2);
  const top = Math.floor((image.height - height) / 2);
  const factor = file.do_rescale ? file.rescale_factor : 1;
  const values = new Float32Array(3 * width * height);
  for (let channel = 0, to = 0; channel < 3; channel += 1) {
    const mean = file.do_normalize ? (file.image_mean[channel] as number) : 0;
    const deviation = file.do_normalize ? (file.image_std[channel] as number) : 1;
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1, to += 1) {
        const [fromX, fromY] = [left + x, top + y];
        const inside = fromX >= 0 && fromY >= 0 && fromX < image.width && fromY < image.height;
        const value = inside ? (image.rgb[(fromY * image.width + fromX) * 3 + channel] as number) : 0;
        values[to] = (value * factor - mean) / deviation;
      }
    }
  }
  return values;
}
