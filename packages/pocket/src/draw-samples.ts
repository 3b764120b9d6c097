import type { PocketTrainingImage, PocketTrainingSettings } from "@loramill/contracts";
import { joined, joinedText, type Samples } from "./feeds.ts";
import type { ModelDescription } from "./model-files.ts";
import { toPatches } from "./pictures.ts";
import { normals, type Random } from "./random.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Pictures with their captions: mirrored, silenced and noised at random. */
export function drawSamples(
  images: readonly PocketTrainingImage[],
  settings: PocketTrainingSettings,
  random: Random,
  { model, tokenize }: { readonly model: ModelDescription; readonly tokenize: Tokenizer },
): Samples {
  const drawn = images.map((image) => {
    const mirrored = random.uniform() < 0.5 && settings.horizontalFlip;
    const silent = random.uniform() < settings.captionDropout;
    return {
      clean: toPatches(image, model.dimensions.patch, mirrored),
      text: tokenize(silent ? "" : image.caption),
      t: noiseLevel(model, random),
    };
  });
  const clean = joined(drawn.map((sample) => sample.clean));
  return {
    count: images.length,
    clean,
    noise: normals(random, clean.length),
    t: Float32Array.from(drawn, (sample) => sample.t),
    text: joinedText(drawn.map((sample) => sample.text)),
  };
}

/** t in (0, 1), 1 is the clean picture: sigmoid of a normal, and a uniform share. */
export function noiseLevel({ diffusion }: ModelDescription, random: Random): number {
  const { logitMean, logitDeviation, uniformShare } = diffusion.trainingNoise;
  const chosen = random.uniform();
  const level = random.normal() * logitDeviation + logitMean;
  return chosen < uniformShare ? random.uniform() : 1 / (1 + Math.exp(-level));
}
