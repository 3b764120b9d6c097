import type { Offload, WeightPrecision } from "@loramill/contracts";
import type { Profile } from "./profiles/profile.ts";
import type { Settings } from "./settings.ts";

/** 10^12 operations per second that a consumer card of 24 GB sustains in half precision: about half of its data sheet. */
const SUSTAINED_TFLOPS = 90;
/** The pocket engine runs on a CPU. */
const SUSTAINED_TFLOPS_CPU = 0.05;
/** Encoding the prompt, starting and ending; then decoding, per megapixel of every frame. */
const FIXED_SECONDS = 1.5;
const DECODE_SECONDS_PER_MEGAPIXEL = 0.3;

/** What waiting for weights costs, as a factor of the time of the steps. */
const OFFLOAD_TIME: Readonly<Record<Offload, number>> = { none: 1, "text-encoders": 1.03, blocks: 1.5, sequential: 4 };

const BYTES: Readonly<Record<WeightPrecision, number>> = { fp32: 4, bf16: 2, fp16: 2, fp8: 1 };
/** Context of the runtime and its caches. */
const BASE_BYTES = 0.8e9;
/** Of the transformer or unet that stays when its blocks, or single layers, are brought in turn by turn. */
const RESIDENT_SHARE = { blocks: 0.3, sequential: 0.05 } as const;
/** Activations and decoding: a little per megapixel, and per token and width of a transformer. */
const BYTES_PER_MEGAPIXEL = 1.5e9;
const BYTES_PER_TOKEN_WIDTH = 24;
/** Frames of a clip are decoded in tiles of a few at a time. */
const FRAMES_DECODED_AT_ONCE = 8;

/** Seconds of one picture or clip by counting operations: what is expected before any job has ended. */
export function priorSeconds(profile: Profile, settings: Settings): number {
  const { steps, frames, offload } = settings;
  const passes = profile.guidanceKind === "cfg" && settings.guidance > 1 ? 2 : 1;
  const speed = profile.loraFamily === "pocket" ? SUSTAINED_TFLOPS_CPU : SUSTAINED_TFLOPS;
  const stepping = (steps * passes * tflopsPerPass(profile, settings) * OFFLOAD_TIME[offload]) / speed;
  return FIXED_SECONDS + stepping + DECODE_SECONDS_PER_MEGAPIXEL * megapixels(settings) * frames;
}

/** Two operations per parameter and token, and four per pair of tokens and unit of width in every attention. */
function tflopsPerPass({ network }: Profile, settings: Settings): number {
  const { work, parameters } = network;
  if (work.kind === "unet") return work.tflopsPerMegapixel * megapixels(settings) * settings.frames;
  const tokens = tokensOf(work, settings);
  return (2 * parameters * tokens + 4 * tokens ** 2 * work.width * work.blocks) / 1e12;
}

/** Bytes of graphics memory at the peak, by counting weights and activations. */
export function priorVramBytes({ network }: Profile, settings: Settings): number {
  const { work } = network;
  const { precision, offload, frames } = settings;
  const weights = network.parameters * BYTES[precision];
  // Text encoders and VAE are kept in half precision whatever the rest is in.
  const others = network.otherParameters * Math.min(2, BYTES[precision] === 1 ? 2 : BYTES[precision]);
  const activations =
    work.kind === "unet"
      ? BYTES_PER_MEGAPIXEL * megapixels(settings) * Math.max(1, frames / 2)
      : BYTES_PER_TOKEN_WIDTH * tokensOf(work, settings) * work.width +
        BYTES_PER_MEGAPIXEL * megapixels(settings) * Math.min(frames, FRAMES_DECODED_AT_ONCE);
  return BASE_BYTES + residentBytes(offload, weights, others) + activations;
}

function residentBytes(offload: Offload, weights: number, others: number): number {
  if (offload === "none") return weights + others;
  // From here on the encoders are gone before the first step; while they run, the other weights wait.
  if (offload === "text-encoders") return Math.max(weights, others);
  const share = RESIDENT_SHARE[offload];
  return Math.max(weights * share, others * (offload === "sequential" ? share : 1));
}

function tokensOf(
  work: { readonly tokenPixels: number; readonly framesPerLatent: number; readonly textTokens: number },
  { width, height, frames }: Settings,
): number {
  const latents = 1 + Math.ceil((frames - 1) / work.framesPerLatent);
  return Math.ceil(width / work.tokenPixels) * Math.ceil(height / work.tokenPixels) * latents + work.textTokens;
}

const megapixels = ({ width, height }: Settings): number => (width * height) / 1e6;
