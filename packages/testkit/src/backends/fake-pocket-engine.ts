import {
  digestOf,
  type LossPoint,
  type PocketEngine,
  type PocketTrainingImage,
  type PocketTrainingState,
  type RgbImage,
  sha256Hex,
} from "@loramill/contracts";

export interface FakePocketEngine extends PocketEngine {
  /** What was really computed: steps trained and pictures drawn since it was opened. */
  readonly work: { steps: number; pictures: number };
}

export interface FakePocketOptions {
  /** Called after each step and each picture; may wait, abort or throw, as a test needs it. */
  readonly afterStep?: (step: number) => void | Promise<void>;
  readonly afterPicture?: (pictures: number) => void | Promise<void>;
  /** From this step on the loss is NaN. */
  readonly divergesAtStep?: number;
}

interface Learnt {
  readonly colour: readonly [number, number, number];
  readonly curve: readonly LossPoint[];
}

/**
 * A model of three numbers that follows the engine port in earnest: training moves a colour towards the pictures' mean
 * colour, with randomness derived from the step; a LoRA holds that colour; drawing mixes it into a pattern that prompt
 * and seed decide. Training on from a state equals never having stopped.
 */
export function createFakePocketEngine(options: FakePocketOptions = {}): FakePocketEngine {
  const work = { steps: 0, pictures: 0 };
  return {
    work,
    model: { id: "fake-pocket", digest: sha256Hex("fake-pocket"), side: 16, sideStep: 8 },

    async train({ images, settings, from, untilStep, onStep, signal }) {
      let { colour, curve } = from === null ? { colour: [0, 0, 0] as const, curve: [] } : read(from);
      let step = from?.step ?? 0;
      while (step < untilStep && !signal?.aborted) {
        const image = images[random(settings.seed, step) % images.length];
        if (image === undefined) throw new RangeError("no pictures to train on");
        const target = meanColour(image);
        const error = target.map((value, i) => value - (colour[i] ?? 0));
        const rate = Math.min(0.5, settings.learningRate * 10);
        colour = colour.map((value, i) => value + rate * (error[i] ?? 0)) as [number, number, number];
        step += 1;
        const isBroken = step >= (options.divergesAtStep ?? Number.POSITIVE_INFINITY);
        const loss = isBroken ? Number.NaN : error.reduce((sum, value) => sum + value * value, 0) / 3;
        const averageLoss = (curve.at(-1)?.averageLoss ?? loss) * 0.9 + loss * 0.1;
        const point = { step, loss, averageLoss };
        curve = [...curve, point];
        work.steps += 1;
        onStep?.(point);
        await options.afterStep?.(step);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return { step, state: new TextEncoder().encode(JSON.stringify({ colour, curve } satisfies Learnt)), curve };
    },

    async exportLora(state, metadata) {
      return loraFile(read(state).colour, metadata);
    },

    async generate({ prompt, negativePrompt, seed, steps, guidance, width, height, loras, from }, signal) {
      signal?.throwIfAborted();
      const rgb = new Uint8Array(width * height * 3);
      const key = sha256Hex(`${prompt}|${negativePrompt}|${seed}|${steps}|${guidance}`);
      for (let i = 0; i < rgb.length; i += 1) {
        const noise = random(Number.parseInt(key.slice(0, 8), 16), i) % 256;
        const mixed = loras.reduce((value, { weights, strength }) => {
          const learnt = (colourOf(weights)[i % 3] ?? 0) * 255;
          return value + Math.min(1, strength) * (learnt - value);
        }, noise);
        const kept = from?.image.rgb[i] ?? mixed;
        rgb[i] = Math.round(kept + (from?.strength ?? 1) * (mixed - kept));
      }
      work.pictures += 1;
      await options.afterPicture?.(work.pictures);
      return { width, height, rgb };
    },

    close: async () => {},
  };
}

function read({ state, curve }: PocketTrainingState): Learnt {
  const { colour } = JSON.parse(new TextDecoder().decode(state)) as Learnt;
  return { colour, curve };
}

function meanColour({ rgb, width, height }: RgbImage): [number, number, number] {
  const sums: [number, number, number] = [0, 0, 0];
  rgb.forEach((value, i) => {
    sums[(i % 3) as 0 | 1 | 2] += value / 255;
  });
  return sums.map((sum) => sum / (width * height)) as [number, number, number];
}

/** A 32-bit hash of two numbers: the randomness of a step depends on nothing but the step. */
function random(seed: number, step: number): number {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(step + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

const NAMES = ["transformer.blocks.0.qkv.lora_A.weight", "transformer.blocks.0.qkv.lora_B.weight"] as const;

/** A sound safetensors file with one pair of matrices. */
function loraFile(colour: readonly number[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const sorted = Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
  const header = {
    __metadata__: sorted,
    [NAMES[0]]: { dtype: "F32", shape: [1, 3], data_offsets: [0, 12] },
    [NAMES[1]]: { dtype: "F32", shape: [1, 1], data_offsets: [12, 16] },
  };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + length + 16).fill(0x20);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.set(json, 8);
  file.set(new Uint8Array(Float32Array.of(...colour, 1).buffer), 8 + length);
  return file;
}

function colourOf(weights: Uint8Array): Float32Array {
  const length = Number(new DataView(weights.buffer, weights.byteOffset).getBigUint64(0, true));
  return new Float32Array(new Uint8Array(weights.subarray(8 + length, 8 + length + 12)).buffer);
}

/** Pictures of one colour each with a little noise, and a caption that names nothing. */
export function solidPictures(
  colours: readonly (readonly [number, number, number])[],
  side: number,
): PocketTrainingImage[] {
  return colours.map((colour, at) => {
    const rgb = new Uint8Array(side * side * 3);
    for (let i = 0; i < rgb.length; i += 1)
      rgb[i] = Math.max(0, Math.min(255, (colour[i % 3] ?? 0) + (random(at, i) % 9) - 4));
    return { width: side, height: side, rgb, caption: `picture ${digestOf(colour).slice(0, 4)}` };
  });
}
