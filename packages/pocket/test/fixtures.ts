import type { PocketGeneration, PocketTrainingImage, PocketTrainingSettings, RgbImage } from "@loramill/contracts";
import { createRandom } from "../src/random.ts";

/** A smooth picture that the seed decides. */
export function drawPicture(seed: number, width = 32, height = width): RgbImage {
  const random = createRandom("picture", seed);
  const [red, green, blue] = [random.uniform(), random.uniform(), random.uniform()];
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const [x, y] = [(pixel % width) / width, Math.floor(pixel / width) / height];
    rgb.set([255 * red * x, 255 * green * y, 255 * blue * (x > 0.5 ? 1 : y)], pixel * 3);
  }
  return { width, height, rgb };
}

export function drawDataset(count: number, width = 32, height = width): PocketTrainingImage[] {
  return Array.from({ length: count }, (_, index) => ({
    ...drawPicture(index, width, height),
    caption: `zorbi creature on ${["red", "blue", "green"][index % 3]} background`,
  }));
}

/** A training small enough to repeat many times. */
export const quickSettings: PocketTrainingSettings = {
  rank: 2,
  alpha: 1,
  learningRate: 1e-2,
  batchSize: 2,
  steps: 6,
  warmupSteps: 2,
  scheduler: "linear",
  captionDropout: 0.2,
  horizontalFlip: true,
  seed: 7,
};

export const quickPicture: PocketGeneration = {
  prompt: "red cat on blue background",
  negativePrompt: "",
  seed: 5,
  steps: 3,
  guidance: 3,
  width: 32,
  height: 32,
  loras: [],
};
