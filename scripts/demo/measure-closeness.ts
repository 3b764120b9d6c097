import type { Generation } from "@loramill/contracts";
import { type Closeness, closeness, FEATURE_SIDE } from "@loramill/evaluation";
import { readRgb } from "@loramill/imaging";

/** Above this ratio the demo has failed: the LoRA did not learn its subject. */
export const CLOSENESS_LIMIT = 0.8;

export interface DrawnImage {
  readonly generation: Generation;
  readonly png: Uint8Array;
}

export const strengthOf = ({ generation }: DrawnImage): number => generation.loras[0]?.strength ?? 0;

/**
 * The LoRA at full strength against the base model, over the seeds of the first prompt. That prompt asks for a place like
 * those of the dataset; the other ones put the subject where the dataset has never been, which no closeness can measure.
 */
export async function measureCloseness(parts: {
  dataset: readonly Uint8Array[];
  generations: readonly DrawnImage[];
}): Promise<Closeness> {
  const read = (pngs: readonly Uint8Array[]) =>
    Promise.all(pngs.map((png) => readRgb(png, { size: { width: FEATURE_SIDE, height: FEATURE_SIDE, fit: "fill" } })));
  const prompt = parts.generations[0]?.generation.prompt;
  const at = (strength: number) =>
    read(
      parts.generations
        .filter((drawn) => drawn.generation.prompt === prompt && strengthOf(drawn) === strength)
        .map(({ png }) => png),
    );
  const [dataset, base, lora] = await Promise.all([read(parts.dataset), at(0), at(1)]);
  return closeness({ dataset, base, lora });
}
