import type { PocketGeneration, RgbImage } from "@loramill/contracts";
import { stackLoras } from "./lora-tensors.ts";
import type { ModelDescription } from "./model-files.ts";
import { checkSides, fromPatches, positionFeatures, toPatches } from "./pictures.ts";
import { createRandom, normals } from "./random.ts";
import { type Feeds, floats, floatsOf, type Graph, integers } from "./sessions.ts";
import type { Tokenizer } from "./tokenizer.ts";

export interface SampleOptions {
  readonly model: ModelDescription;
  readonly graph: Graph;
  readonly tokenize: Tokenizer;
  readonly request: PocketGeneration;
  /** Throws when the work is no longer wanted; asked between steps. */
  readonly check: () => Promise<void>;
}

/**
 * Euler from noise (t = 0) to the picture (t = 1) with classifier-free guidance: the velocity for the prompt and for the
 * negative prompt in one batch of two. With `from`, it starts part of the way (SDEdit, arXiv 2108.01073).
 */
export async function sample({ model, graph, tokenize, request, check }: SampleOptions): Promise<RgbImage> {
  const { width, height, guidance } = request;
  const { patch, patchValues, controlValues, positionValues, textTokens } = model.dimensions;
  checkSides(width, height, patch);
  const tokens = (width / patch) * (height / patch);
  const count = tokens * patchValues;
  const noise = normals(createRandom(request.seed, "noise"), count);
  const start = request.from ? 1 - request.from.strength : 0;
  const steps = Math.max(1, Math.ceil(request.steps * (1 - start)));

  let z = noise;
  if (request.from) {
    const clean = toPatches(request.from.image, patch);
    z = noise.map((value, index) => start * (clean[index] ?? 0) + (1 - start) * value);
  }
  const text = new BigInt64Array(2 * textTokens);
  text.set(tokenize(request.prompt), 0);
  text.set(tokenize(request.negativePrompt), textTokens);
  const fixed: Feeds = {
    text: integers(text, [2, textTokens]),
    position: floats(positionFeatures(width, height, patch, model.position.frequencies), [tokens, positionValues]),
    control: floats(new Float32Array(2 * tokens * controlValues), [2, tokens, controlValues]),
  };
  for (const { name, shape, values } of stackLoras(model, request.loras)) fixed[name] = floats(values, shape);

  for (let step = 0; step < steps; step += 1) {
    await check();
    const t = start + ((1 - start) * step) / steps;
    const both = new Float32Array(2 * count);
    both.set(z, 0);
    both.set(z, count);
    const answer = await graph({
      ...fixed,
      x: floats(both, [2, tokens, patchValues]),
      t: floats(Float32Array.of(t, t), [2]),
    });
    const velocity = floatsOf(answer.velocity);
    const stride = (1 - start) / steps;
    z = z.map((value, index) => {
      const towards = velocity[index] ?? 0;
      const away = velocity[count + index] ?? 0;
      return value + stride * (away + guidance * (towards - away));
    });
  }
  return fromPatches(z, width, height, patch);
}
