import { type DrawnSpec, GenerationSpec, type GenerationSpecInput } from "@loramill/contracts";
import fc from "fast-check";
import { families } from "../src/families/families.ts";
import { SAMPLERS, SCHEDULERS } from "../src/spec/check-sampling.ts";

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const oneOf = <const T extends readonly unknown[]>(...values: T) =>
  fc.constantFrom(...(values as readonly T[number][]));
const number = (min: number, max: number) => fc.double({ min, max, noNaN: true, noDefaultInfinity: true });
const share = number(0, 1);
const text = fc.string({ maxLength: 40 });
const file = fc.string({ minLength: 1, maxLength: 12 });
/** Mostly on the grid, so that many specs are free of errors. */
const side = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 30 }).map((n) => n * 64) },
  fc.integer({ min: 16, max: 2048 }),
);
const frames = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 40 }).map((n) => 4 * n + 1) },
  fc.integer({ min: 1, max: 300 }),
);
const fps = number(1, 120);
const seed = fc.maxSafeNat();
const size = { width: maybe(side), height: maybe(side) };

/** `often` in most specs, so that most errors stand alone. */
const mostly = <T>(often: fc.Arbitrary<T>, rarely: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 15, arbitrary: often }, rarely);
const rarely = <T>(arbitrary: fc.Arbitrary<T>) => mostly<T | undefined>(fc.constant(undefined), arbitrary);

const few = <T>(arbitrary: fc.Arbitrary<T>) =>
  mostly(fc.constant<T[]>([]), fc.array(arbitrary, { minLength: 1, maxLength: 2 }));

const keyframes = fc.array(fc.record({ at: share, strength: number(0, 2) }), { minLength: 1, maxLength: 4 });
const lora = fc.record({
  lora: file,
  strength: number(0, 2),
  textStrength: maybe(number(0, 2)),
  noise: rarely(oneOf("high", "low", "both")),
  schedule: rarely(
    mostly(
      keyframes.map((frames) => frames.toSorted((a, b) => a.at - b.at)),
      keyframes,
    ),
  ),
});
const loras = fc.array(lora, { maxLength: 3 });
const variants = ["dev", "schnell", "fill", "large", "large-turbo", "medium", "14b", "5b"] as const;
const files = fc.record({ poseModel: maybe(file), vae: maybe(file) });
const anyModel = fc.record({
  family: oneOf("sd15", "sdxl", "sd3", "flux", "wan21", "wan22", "pocket"),
  variant: maybe(oneOf(...variants)),
});
const drawn = (kind: DrawnSpec["kind"]) => {
  const able = families.filter(({ kinds }) => kinds[kind] !== undefined);
  const fit = fc.constantFrom(...able).map(({ name, variant }) => ({ family: name, variant: variant ?? undefined }));
  const model = mostly<{ family: string; variant: string | undefined }>(fit, anyModel);
  return {
    model: fc.tuple(model, files).map(([chosen, own]) => ({ ...chosen, files: own })),
    ...words,
  };
};
const words = {
  prompt: text,
  negativePrompt: text,
  seed,
  loras,
  sampling: fc.record({
    steps: maybe(fc.integer({ min: 1, max: 200 })),
    guidance: maybe(fc.oneof(number(0, 30), fc.constant(1))),
    distilledGuidance: maybe(number(0, 100)),
    sampler: maybe(oneOf(...SAMPLERS)),
    scheduler: maybe(oneOf(...SCHEDULERS)),
    shift: maybe(number(0, 100)),
    clipSkip: maybe(fc.integer({ min: 1, max: 12 })),
  }),
};
const start = number(0, 0.4);
const end = mostly(number(0.5, 1), share);
const control = fc.record({
  image: file,
  preprocessor: oneOf("none", "canny", "openpose", "depth", "lineart"),
  model: maybe(file),
  unionType: maybe(mostly(oneOf("openpose", "depth"), fc.constant("nonsense"))),
  strength: number(0, 10),
  start,
  end,
});
const imagePrompt = fc.record({
  image: file,
  method: mostly(fc.constant("auto"), oneOf("ip-adapter", "ip-adapter-face", "redux")),
  preset: rarely(oneOf("PLUS (high strength)", "LIGHT - SD1.5 only (low strength)", "FACEID", "nonsense")),
  model: maybe(file),
  weight: mostly(number(0, 3), number(-1, 5)),
  weightType: rarely(oneOf("linear", "composition", "nonsense")),
  start,
  end,
});
const area = fc.record({
  x: number(0, 0.5),
  y: number(0, 0.4),
  width: number(0.2, 0.5),
  height: mostly(number(0.2, 0.6), share),
});
const region = fc.record({
  prompt: text,
  negativePrompt: rarely(text),
  strength: number(0, 10),
  featherPixels: fc.integer({ min: 0, max: 1024 }),
  loras: few(lora),
  imagePrompt: rarely(imagePrompt),
});
const placed = fc
  .tuple(
    region,
    mostly(
      fc.oneof(
        area.map((area) => ({ area })),
        file.map((mask) => ({ mask })),
      ),
      fc.constant({}),
    ),
  )
  .map(([common, place]) => ({ ...common, ...place }));
const regions = fc.record({
  method: oneOf("mask", "area", "attention"),
  background: fc.oneof(share, oneOf(0, 1)),
  list: fc.array(placed, { minLength: 1, maxLength: 5 }),
});
const hires = fc.record({
  scale: number(1.01, 8),
  upscaler: maybe(oneOf("4x-UltraSharp.pth", "RealESRGAN_x2.pth", "plain.pth")),
  denoise: share,
  steps: maybe(fc.integer({ min: 1, max: 200 })),
});
const guides = { controls: few(control), imagePrompts: few(imagePrompt) };
const guided = { ...guides, regions: few(regions).map(([first]) => first), hires: rarely(hires) };
const quality = maybe(fc.integer({ min: 1, max: 100 }));
const clip = { output: fc.record({ format: oneOf("mp4", "webm", "webp"), quality, privacy: fc.boolean() }) };

const kinds = {
  "text-to-image": { ...drawn("text-to-image"), ...size, ...guided, moreSeeds: fc.array(seed, { maxLength: 3 }) },
  "image-to-image": { ...drawn("image-to-image"), ...size, ...guided, image: file, denoise: share },
  inpaint: {
    ...drawn("inpaint"),
    ...guides,
    image: file,
    mask: maybe(file),
    method: mostly(fc.constant("auto"), oneOf("noise-mask", "encode", "fill")),
    growMaskPixels: mostly(fc.integer({ min: 0, max: 64 }), fc.integer({ min: 0, max: 256 })),
    denoise: share,
  },
  "text-to-video": {
    ...drawn("text-to-video"),
    ...size,
    ...clip,
    frames: maybe(frames),
    fps: maybe(fps),
    contextFrames: rarely(fc.integer({ min: 1, max: 128 })),
    contextOverlap: rarely(fc.integer({ min: 0, max: 64 })),
    still: fc.boolean(),
  },
  "image-to-video": {
    ...drawn("image-to-video"),
    ...size,
    ...clip,
    frames: maybe(frames),
    fps: maybe(fps),
    first: maybe(file),
    last: maybe(file),
  },
  "speech-to-video": {
    ...drawn("speech-to-video"),
    ...size,
    ...clip,
    image: file,
    audio: file,
    method: mostly(fc.constant("auto"), oneOf("s2v", "infinite-talk")),
    seconds: maybe(number(0.1, 60)),
    fps: fc.option(oneOf(16, 25), { nil: undefined, freq: 1 }),
  },
  "motion-transfer": {
    ...drawn("motion-transfer"),
    ...size,
    ...clip,
    image: file,
    driving: file,
    frames: maybe(frames),
    fps: maybe(fps),
  },
  "restyle-clip": {
    ...drawn("restyle-clip"),
    ...size,
    ...clip,
    clip: file,
    denoise: share,
    chunkFrames: frames.map((count) => Math.min(256, count)),
  },
  upscale: { image: file, upscaler: maybe(oneOf("2x.pth", "plain.pth")), scale: number(0.01, 8) },
  "face-swap": {
    target: file,
    face: file,
    of: oneOf("picture", "clip"),
    restore: fc.boolean(),
    faceIndex: fc.integer({ min: 0, max: 32 }),
    output: maybe(fc.record({ format: oneOf("png", "webp", "mp4") })),
  },
  "face-expression": {
    image: file,
    pitch: number(-20, 20),
    yaw: number(-20, 20),
    roll: number(-20, 20),
    blink: number(-20, 5),
    smile: number(-0.3, 1.3),
    eyebrow: number(-10, 15),
  },
  "face-motion": { ...clip, image: file, driving: file, fps: maybe(fps) },
  interpolate: {
    ...clip,
    clip: file,
    method: oneOf("rife", "film", "amt", "motion"),
    model: maybe(oneOf("rife49.pth", "film_net_fp32.pt", "amt-s.pth")),
    nodes: oneOf("auto", "core", "pack"),
    multiplier: fc.integer({ min: 2, max: 16 }),
    fps,
  },
  "smooth-clip": { ...clip, clip: file, strength: share, windowFrames: fc.integer({ min: 3, max: 15 }) },
  "solid-colour": {
    width: fc.integer({ min: 16, max: 2048 }),
    height: fc.integer({ min: 16, max: 2048 }),
    frames: fc.integer({ min: 1, max: 256 }),
    fps,
    formats: fc.array(oneOf("png", "mp4", "webm", "webp"), { minLength: 1, maxLength: 4 }),
  },
} as const;

/** Any spec that the schema takes, of each kind; fields that do not fit the family are among them. */
export const arbitrarySpecs: Readonly<Record<GenerationSpec["kind"], fc.Arbitrary<GenerationSpec>>> =
  Object.fromEntries(
    Object.entries(kinds).map(([kind, fields]) => [
      kind,
      fc
        .record(fields as Record<string, fc.Arbitrary<unknown>>)
        .map((spec) => GenerationSpec.parse(withoutHoles({ kind, ...spec }) as GenerationSpecInput)),
    ]),
  ) as never;

/** Specs come from JSON, where a field is there or not. */
const withoutHoles = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
