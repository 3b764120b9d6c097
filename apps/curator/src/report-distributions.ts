import type { PreparedImage } from "@loramill/contracts";
import { type HistogramSettings, histogram, type Measured } from "./report-charts.ts";

/** What a report counts of a picture; small, because all pictures of a set are held at once. */
export interface ReportPicture {
  readonly path: string;
  readonly kept: boolean;
  readonly format: string;
  /** Of the original, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly sharpness: number;
  /** Levels of luma, 0..255. */
  readonly contrast: number;
  readonly brightness: number;
  /** The beginning of the caption that came with it, and how many words that has. */
  readonly caption: string | null;
  readonly words: number;
  readonly repeats: number;
}

/** Where the cleaning draws its lines. */
export interface ReportThresholds {
  readonly minSharpness: number;
  readonly minContrast: number;
  readonly minSidePixels: number;
}

/** Of a caption. */
const SHOWN_CHARACTERS = 140;

export function toReportPicture(image: PreparedImage, kept: boolean): ReportPicture {
  const { path, format, width, height, quality, caption, repeats } = image;
  const { sharpness, contrast, brightness } = quality;
  return {
    path,
    kept,
    format,
    width,
    height,
    sharpness,
    contrast,
    brightness,
    caption: caption?.text.slice(0, SHOWN_CHARACTERS) ?? null,
    words: caption?.text.split(/\s+/).filter(Boolean).length ?? 0,
    repeats: repeats ?? 1,
  };
}

const digits = (count: number) => (value: number) => value.toFixed(count);
/** As people say it: 3:2 for 1.5. */
const ASPECTS: readonly (readonly [number, string])[] = [
  [-2, "1:4"],
  [-1, "1:2"],
  [0, "1:1"],
  [1, "2:1"],
  [2, "4:1"],
];

/** How the pictures are spread over what is measured of them, with the lines that the cleaning drew. */
export function renderDistributions(pictures: readonly ReportPicture[], thresholds: ReportThresholds): string {
  const chart = (read: (picture: ReportPicture) => number, settings: HistogramSettings) =>
    histogram(
      pictures.map((picture): Measured => ({ value: read(picture), kept: picture.kept })),
      settings,
    );
  const captioned = pictures.filter(({ kept, caption }) => kept && caption !== null);
  const words = captioned.map((one) => one.words);
  const repeats = pictures.filter(({ kept }) => kept).map((one) => one.repeats);
  const all = (values: readonly number[]) => values.map((value): Measured => ({ value, kept: true }));
  const longest = (values: readonly number[], least: number) => values.reduce((a, b) => Math.max(a, b), least);
  return [
    chart(({ sharpness }) => sharpness, {
      title: "Sharpness",
      from: 0,
      to: 1,
      bins: 25,
      label: digits(2),
      ticks: [0, 0.5, 1],
      threshold: thresholds.minSharpness,
    }),
    chart(({ contrast }) => contrast, {
      title: "Contrast",
      from: 0,
      to: 256,
      bins: 32,
      label: digits(0),
      threshold: thresholds.minContrast,
    }),
    chart(({ brightness }) => brightness, { title: "Brightness", from: 0, to: 256, bins: 32, label: digits(0) }),
    chart(({ width, height }) => Math.log2(Math.min(width, height)), {
      title: "Shorter side, pixels",
      from: 4,
      to: 14,
      bins: 20,
      label: (value) => `${Math.round(2 ** value)}`,
      ticks: [6, 8, 10, 12],
      threshold: Math.log2(thresholds.minSidePixels),
    }),
    chart(({ width, height }) => Math.log2(width / height), {
      title: "Aspect, width to height",
      from: -2.1,
      to: 2.1,
      bins: 21,
      label: (value) => ASPECTS.find(([at]) => at === value)?.[1] ?? (2 ** value).toFixed(2),
      ticks: ASPECTS.map(([at]) => at),
    }),
    words.length === 0
      ? ""
      : histogram(all(words), {
          title: "Words in captions",
          from: 0,
          to: Math.ceil((longest(words, 19) + 1) / 20) * 20,
          bins: 20,
          label: (value) => `${Math.round(value)}`,
        }),
    longest(repeats, 1) === 1
      ? ""
      : histogram(all(repeats), {
          title: "Repeats",
          from: 0.5,
          to: longest(repeats, 1) + 0.5,
          bins: Math.min(40, longest(repeats, 1)),
          label: (value) => `${Math.round(value)}`,
          ticks: [1, longest(repeats, 1)],
        }),
  ].join("\n");
}
