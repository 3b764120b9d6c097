import { type PocketGeneration, type RgbImage, UserError } from "@loramill/contracts";
import { denoiseFeeds, joinedText, loraFeeds, tokensOf } from "./feeds.ts";
import type { ModelDescription } from "./model-files.ts";
import { checkSides, fromPatches, toPatches } from "./pictures.ts";
import { createRandom, normals } from "./random.ts";
import { floatsOf, type Graph } from "./sessions.ts";
import type { Tokenizer } from "./tokenizer.ts";

export interface SampleOptions {
  readonly model: ModelDescription;
  readonly graph: Graph;
  readonly tokenize: Tokenizer;
  readonly request: PocketGeneration;
  /** Throws when the work is no longer wanted; asked before every step. */
  readonly check: () => Promise<void>;
}

/**
 * Euler from noise (t = 0) to the picture (t = 1) with classifier-free guidance: the velocity for the prompt and for the
 * negative prompt in one batch of two. With `from`, it starts part of the way (SDEdit, arXiv 2108.01073).
 */
export async function sample({ model, graph, tokenize, request, check }: SampleOptions): Promise<RgbImage> {
  const { width, height, guidance } = request;
  const { patch, patchValues } = model.dimensions;
  checkSides(width, height, patch);
  const count = tokensOf(request, model) * patchValues;
  const { z, start } = startOf(request, patch, count);
  const steps = Math.ceil(request.steps * (1 - start));

  const text = joinedText([tokenize(request.prompt), tokenize(request.negativePrompt)]);
  const lora = loraFeeds(model, request.loras);

  const both = new Float32Array(2 * count);
  const stride = (1 - start) / steps;
  for (let step = 0; step < steps; step += 1) {
    await check();
    both.set(z, 0);
    both.set(z, count);
    const t = start + stride * step;
    const now = { x: both, t: Float32Array.of(t, t), text };
    const answer = await graph.run({ ...denoiseFeeds(model, request, now), ...lora });
    const velocity = floatsOf(answer.velocity);
    for (let index = 0; index < count; index += 1) {
      const towards = velocity[index] ?? 0;
      const away = velocity[count + index] ?? 0;
      z[index] = (z[index] ?? 0) + stride * (away + guidance * (towards - away));
    }
  }
  return fromPatches(z, width, height, patch);
}

/** What the sampling starts from, and at which t: noise at 0, or a picture with noise over it. */
function startOf(request: PocketGeneration, patch: number, count: number): { z: Float32Array; start: number } {
  const z = normals(createRandom(request.seed, "noise"), count);
  if (!request.from) return { z, start: 0 };
  const { image, strength } = request.from;
  if (image.width !== request.width || image.height !== request.height) {
    const sizes = `${image.width}×${image.height}, not ${request.width}×${request.height}`;
    throw new UserError(`the picture to start from is ${sizes}; scale it first`, { code: "bad-size" });
  }
  if (!(strength >= 0 && strength <= 1)) {
    throw new UserError(`the strength over a picture must lie in 0…1, not ${strength}`, { code: "bad-strength" });
  }
  const start = 1 - strength;
  const clean = toPatches(image, patch);
  return { z: z.map((noise, index) => start * (clean[index] ?? 0) + strength * noise), start };
}
