import type { PocketTrainingImage } from "@loramill/contracts";
import { noiseLevel } from "./draw-samples.ts";
import { denoiseFeeds, joined, joinedText, loraFeeds, type Samples } from "./feeds.ts";
import type { ModelDescription } from "./model-files.ts";
import { toPatches } from "./pictures.ts";
import { normals, type Random } from "./random.ts";
import { floatsOf, type Graph } from "./sessions.ts";
import { splitWords, type Tokenizer } from "./tokenizer.ts";

/** Draws samples, one per picture given, that hold the LoRA to what the base does without its trigger word. */
export type Preservation = (images: readonly PocketTrainingImage[], random: Random) => Promise<Samples>;

/** Shares of the captions that are empty (what guidance leads away from), and the picture's own without unknown words. */
const EMPTY_SHARE = 0.2;
const OWN_SHARE = 0.1;
const SCENE_SHARE = 0.2;

const COLOURS = words("red orange yellow green blue purple pink brown black white gray teal navy cyan beige");
const THINGS = words(
  "cat dog bear bird fish tree flower mushroom apple car boat rocket house castle cup crown ball robot monster star heart circle square triangle",
);
const PLACES = words("hills meadow mountains forest sea beach desert snow city space");
const TIMES = words("day night sunset");

/**
 * Prior preservation by distillation: from a noisy picture and a caption without the trigger word, the LoRA shall
 * predict what the base predicts. Compared with training on pictures that the base has drawn (DreamBooth, arXiv
 * 2208.12242) it needs no drawing beforehand, and its loss is zero where the LoRA changes nothing.
 *
 * The train step makes z = t·clean + (1 - t)·noise, so that after `clean` has become the base's prediction, the noise is
 * chosen such that z stays what the base has seen.
 */
export function preservePrior({
  model,
  graph,
  tokenize,
}: {
  readonly model: ModelDescription;
  readonly graph: Graph;
  readonly tokenize: Tokenizer;
}): Preservation {
  const { patch } = model.dimensions;
  const known = new Set(model.text.vocabulary);
  const none = loraFeeds(model, []);

  return async (images, random) => {
    const [size] = images;
    if (!size) throw new RangeError("there is no picture to preserve the prior at");
    const text = joinedText(images.map((image) => tokenize(captionFor(image, known, random))));
    const t = Float32Array.from(images, () => noiseLevel(model, random));
    const pictures = joined(images.map((image) => toPatches(image, patch)));
    const perSample = pictures.length / images.length;
    const levelAt = (index: number) => t[Math.floor(index / perSample)] ?? 0;

    const drawn = normals(random, pictures.length);
    const z = drawn.map((noise, index) => levelAt(index) * (pictures[index] ?? 0) + (1 - levelAt(index)) * noise);
    const answer = await graph.run({ ...denoiseFeeds(model, size, { x: z, t, text }), ...none });
    const velocity = floatsOf(answer.velocity);
    const { minSigma } = model.diffusion;
    const clean = z.map((value, index) => value + (velocity[index] ?? 0) * Math.max(1 - levelAt(index), minSigma));
    const noise = z.map((value, index) => (value - levelAt(index) * (clean[index] ?? 0)) / (1 - levelAt(index)));
    return { count: images.length, clean, noise, t, text };
  };
}

function captionFor(image: PocketTrainingImage, known: ReadonlySet<string>, random: Random): string {
  const share = random.uniform();
  if (share < EMPTY_SHARE) return "";
  if (share < EMPTY_SHARE + OWN_SHARE) {
    return splitWords(image.caption)
      .filter((word) => known.has(word))
      .join(" ");
  }
  const thing = pick(THINGS, random);
  if (share > 1 - SCENE_SHARE) return `${thing} in ${pick(PLACES, random)} at ${pick(TIMES, random)}`;
  return `${pick(COLOURS, random)} ${thing} on ${pick(COLOURS, random)} background`;
}

function pick(choices: readonly string[], random: Random): string {
  return choices[Math.floor(random.uniform() * choices.length)] ?? "";
}

function words(text: string): readonly string[] {
  return text.split(" ");
}
